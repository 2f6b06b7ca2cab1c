#include "machine/simgrid/world.hpp"

#include <malloc.h>
#include <xbt/log.h>

#include <cmath>
#include <list>
#include <map>
#include <simgrid/Exception.hpp>
#include <simgrid/s4u.hpp>
#include <stdexcept>

#include "machine/simgrid/zone.hpp"
#include "machine/topology.hpp"

// A symbol of libsimgrid 3.32 whose header Debian does not install.
namespace simgrid::kernel::activity {
class CommImpl {
 public:
  CommImpl& set_size(double bytes);
};
}  // namespace simgrid::kernel::activity

namespace aifsim {

namespace s4u = simgrid::s4u;

namespace {

bool deadlocked = false;

// SimGrid's clock is a static of the library that outlives its engine: where it stood when this world began.
double clock_at_start = 0;

// Operations per second of a processor: large beside SimGrid's precision, which counts in operations too.
constexpr double full_speed = 1e12;

// Settings are the library's, not an engine's: they can be set once, after the first engine is there.
void configure_once() {
  static const bool done = [] {
    s4u::Engine::set_config("network/model:CM02");      // latency and bandwidth as given, no TCP factors
    s4u::Engine::set_config("network/crosstraffic:0");  // full duplex: no acknowledgements on the way back
    s4u::Engine::set_config("network/TCP-gamma:1e30");  // no window that bounds a flow by its latency
    s4u::Engine::set_config("contexts/stack-size:32");
    s4u::Engine::set_config("contexts/guard-size:0");
    // SimGrid frees and takes a few hundred bytes per transfer: giving pages back in between doubles the
    // cost.
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 16 << 20);
    s4u::Engine::on_deadlock_cb([] { deadlocked = true; });
    return true;
  }();
  (void)done;
}

std::unique_ptr<s4u::Engine> new_engine() {
  // What goes wrong is told by us; SimGrid's own words on it (a deadlock where a failure cuts a job off) are not.
  xbt_log_threshold_set(&_XBT_LOGV(XBT_LOG_ROOT_CAT), xbt_log_priority_infinite);
  auto engine = std::make_unique<s4u::Engine>("aifsim");
  configure_once();
  return engine;
}

}  // namespace

struct SimWorld::Messages {
  std::list<s4u::CommPtr> under_way;  // as their senders see them
  struct Replaced {
    s4u::CommPtr stopped, by;
  };
  // Both ends of a message wait for one activity of SimGrid; where it was stopped, for the one after it.
  std::map<const simgrid::kernel::activity::ActivityImpl*, Replaced> replaced;
};

SimWorld::SimWorld(const Topology& topology) {
  if (s4u::Engine::has_instance())
    throw std::logic_error("one SimWorld at a time: SimGrid's engine is a singleton");
  engine_ = new_engine();
  clock_at_start = s4u::Engine::get_clock();
  zone_ = new FabricZone(topology);
}

SimWorld::~SimWorld() = default;

void SimWorld::prepare() {
  static const bool done = [] {
    new_engine();
    return true;
  }();
  (void)done;
}

SimWorld::Host* SimWorld::add_host(const std::string& name) { return zone_->add_host(name); }
SimWorld::Host* SimWorld::add_gpu(GpuId gpu) { return zone_->add_gpu(gpu); }
void SimWorld::add_all_gpus() { zone_->add_all_gpus(); }

SimWorld::Link* SimWorld::link(LinkId id) { return zone_->link(id); }
SimWorld::Link* SimWorld::add_link(BytesPerSecond capacity) { return zone_->add_link(capacity); }

SimWorld::Pair SimWorld::add_pair(std::span<Link* const> links, Seconds latency, BytesPerSecond at_most) {
  const auto [source, destination] = zone_->add_pair(links, latency, at_most);
  return {source, destination};
}

SimWorld::Host* SimWorld::add_processor(const std::string& name, double contended_speed) {
  return zone_->add_processor(name, {full_speed, full_speed * contended_speed});
}

std::function<void()> SimWorld::guarded(std::function<void()> body) {
  return [this, body = std::move(body)] {
    try {
      body();
    } catch (const std::exception&) {  // not SimGrid's own signal to end, which is no std::exception
      if (!failure_) failure_ = std::current_exception();
    }
  };
}

void SimWorld::spawn(const std::string& name, Host* host, std::function<void()> body) {
  s4u::Actor::create(name, host, guarded(std::move(body)));
}

void SimWorld::spawn_daemon(const std::string& name, Host* host, std::function<void()> body) {
  s4u::Actor::create(name, host, guarded(std::move(body)))->daemonize();
}

Seconds SimWorld::run() {
  deadlocked = false;
  zone_->complete();
  engine_->run();
  if (failure_) std::rethrow_exception(failure_);
  if (deadlocked) throw std::logic_error("deadlock: actors wait for each other");
  return now();
}

Seconds SimWorld::now() { return Seconds{s4u::Engine::get_clock() - clock_at_start}; }

void SimWorld::sleep(Seconds duration) { s4u::this_actor::sleep_for(duration.value); }

void SimWorld::compute(Seconds duration) { s4u::this_actor::execute(duration.value * full_speed); }

void SimWorld::set_contended(Host* processor, bool contended) { processor->set_pstate(contended ? 1 : 0); }

struct SimEvent::State {
  std::int64_t count = 0;
  s4u::MutexPtr mutex = s4u::Mutex::create();
  s4u::ConditionVariablePtr changed = s4u::ConditionVariable::create();
};

SimEvent::SimEvent() : state_(std::make_unique<State>()) {}
SimEvent::~SimEvent() = default;

void SimEvent::record() {
  ++state_->count;
  state_->changed->notify_all();
}

// Actors run one at a time and give way only inside SimGrid's calls, so the count needs no lock of its own.
void SimEvent::wait() {
  constexpr std::int64_t once = 1;
  wait(once);
}
void SimEvent::wait(const std::int64_t& times) {
  if (state_->count >= times) return;
  state_->mutex->lock();
  while (state_->count < times) state_->changed->wait(state_->mutex);
  state_->mutex->unlock();
}

std::int64_t SimEvent::count() const { return state_->count; }
void SimEvent::count_more(std::int64_t times) { state_->count += times; }

namespace {

s4u::CommPtr started(const SimWorld::Pair& pair, Bytes bytes) {
  // The ends last: SimGrid starts a communication as soon as it has both.
  s4u::CommPtr comm = s4u::Comm::sendto_init();
  // What set_payload_size() does, which knows whole bytes only.
  comm->set_remaining(bytes.value);
  reinterpret_cast<simgrid::kernel::activity::CommImpl*>(comm->get_impl())->set_size(bytes.value);
  comm->set_source(pair.source)->set_destination(pair.destination);
  return comm;
}

s4u::Comm& comm_of(const SimWorld::Running& running) {
  return **static_cast<const s4u::CommPtr*>(running.get());
}

}  // namespace

namespace {

// False: it was stopped.
bool waited(s4u::Comm& comm) {
  try {
    comm.wait();
    return true;
  } catch (const simgrid::NetworkFailureException&) {
  } catch (const simgrid::CancelException&) {
  }
  return false;
}

}  // namespace

void SimWorld::transfer(const Pair& pair, Bytes bytes) { started(pair, bytes)->wait(); }

SimWorld::Running SimWorld::start(const Pair& pair, Bytes bytes) {
  return std::make_shared<s4u::CommPtr>(started(pair, bytes));
}

void SimWorld::wait_for(const Running& running) { waited(comm_of(running)); }

Bytes SimWorld::interrupt(const Running& running) {
  const Bytes left = left_of(running);
  if (left.value > 0) comm_of(running).cancel();
  return left;
}
Bytes SimWorld::left_of(const Running& running) { return Bytes{comm_of(running).get_remaining()}; }

SimWorld::Mailbox* SimWorld::mailbox(const std::string& name) { return s4u::Mailbox::by_name(name); }

void SimWorld::exchange(std::span<const Outgoing> sends, std::span<Mailbox* const> receives) {
  static int token = 0;
  std::vector<s4u::CommPtr> all;
  all.reserve(sends.size() + receives.size());
  std::vector<void*> received(receives.size());
  for (const Outgoing& send : sends) {
    s4u::CommPtr comm = send.mailbox->put_init(&token, 0);
    comm->set_remaining(send.bytes.value);  // put_async() knows whole bytes only
    all.push_back(comm->start());
  }
  for (std::size_t i = 0; i < receives.size(); ++i) all.push_back(receives[i]->get_async<void>(&received[i]));
  if (!messages_) {
    for (const auto& comm : all) comm->wait();
    return;
  }
  auto& under_way = messages_->under_way;
  std::vector<std::list<s4u::CommPtr>::iterator> mine;
  for (std::size_t i = 0; i < sends.size(); ++i) mine.push_back(under_way.insert(under_way.end(), all[i]));
  for (s4u::CommPtr comm : all)
    while (!waited(*comm)) comm = messages_->replaced.at(comm->get_impl()).by;
  for (const auto& at : mine) under_way.erase(at);
}

void SimWorld::expect_rerouting() {
  messages_ = std::make_unique<Messages>();
  zone_->expect_rerouting();
}

void SimWorld::reroute(const Topology& machine) {
  const Topology& before = zone_->set_machine(machine);
  std::vector<LinkId> was, will;
  for (s4u::CommPtr& comm : messages_->under_way) {
    const Bytes left{comm->get_remaining()};
    if (!(left.value > 0)) continue;  // not begun, or arrived
    s4u::Host *source = comm->get_source(), *destination = comm->get_destination();
    const GpuId from = zone_->gpu_of(source), to = zone_->gpu_of(destination);
    was.clear();
    will.clear();
    before.route(from, to, was);
    machine.route(from, to, will);
    if (was == will) continue;
    const s4u::CommPtr stopped = comm;
    // First who takes over, then the end of the old one, which wakes those that wait.
    comm = started({source, destination}, left);
    messages_->replaced[stopped->get_impl()] = {stopped, comm};
    stopped->cancel();
  }
}

void SimWorld::drop_message_latency() { zone_->drop_message_latency(); }

void SimWorld::set_capacity(Link* link, BytesPerSecond capacity) { link->set_bandwidth(capacity.value); }

struct SimBarrier::State {
  s4u::BarrierPtr barrier;
  std::size_t actors, arrived = 0;
};

SimBarrier::SimBarrier(std::size_t actors)
    : state_(std::make_unique<State>(State{s4u::Barrier::create(static_cast<unsigned>(actors)), actors})) {}
SimBarrier::~SimBarrier() = default;
bool SimBarrier::wait() {
  const bool last = ++state_->arrived == state_->actors;
  if (last) state_->arrived = 0;
  state_->barrier->wait();
  return last;
}

}  // namespace aifsim
