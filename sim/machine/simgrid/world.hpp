// One simulation in SimGrid, on one machine. Its whole use: add hosts and pairs, spawn actors, run once, drop
// it.
//
//   SimWorld world(topology);
//   const auto pair = world.add_pair({world.link(nic), world.add_link(capacity)}, latency);
//   world.spawn("role 0", world.add_host("role 0"), [&] {
//     SimWorld::sleep(Seconds{0.1});
//     SimWorld::transfer(pair, Bytes{1e9});
//   });
//   const Seconds end = world.run();
//
// SimGrid lets one engine live at a time, so one SimWorld lives at a time, in one thread; later ones start at
// time 0 again, but round otherwise, as SimGrid's own clock goes on: the engine runs each in a process of its own. Hosts and pairs must exist before run(): SimGrid 3.32 cannot add links to a sealed zone. An
// actor has a stack of 32 KiB without a guard page, so it must not recurse deeply or keep large arrays.
#pragma once
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "machine/link.hpp"

namespace simgrid::s4u {
class Engine;
class Host;
class Link;
class Mailbox;
}  // namespace simgrid::s4u

namespace aifsim {

class FabricZone;
class Topology;

// Actors wait until so many have come, then all go on; as often as they like.
class SimBarrier {
 public:
  explicit SimBarrier(std::size_t actors);
  ~SimBarrier();
  bool wait();  // true for one of the actors

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Counts; actors wait until it has been recorded so many times.
class SimEvent {
 public:
  SimEvent();
  ~SimEvent();
  void record();
  void wait();
  // The reference is read again whenever the count has risen.
  void wait(const std::int64_t& times);
  std::int64_t count() const;
  void count_more(std::int64_t times);  // nobody is woken

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class SimWorld {
 public:
  using Host = simgrid::s4u::Host;
  using Link = simgrid::s4u::Link;
  using Mailbox = simgrid::s4u::Mailbox;
  static constexpr BytesPerSecond unlimited{std::numeric_limits<double>::infinity()};
  struct Pair {
    Host* source = nullptr;
    Host* destination = nullptr;
  };

  explicit SimWorld(const Topology& topology);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  // What SimGrid sets up once in a process, of which processes forked from it are spared.
  static void prepare();

  // A place for actors that send nothing themselves.
  Host* add_host(const std::string& name);
  // A GPU as endpoint; transfers between two of them take the topology's route.
  Host* add_gpu(GpuId gpu);
  void add_all_gpus();
  // A link of the machine, created on first use; and one that stands for others.
  Link* link(LinkId id);
  Link* add_link(BytesPerSecond capacity);
  // Two hosts whose route is exactly `links`, with this latency. A link that stands n times carries every
  // byte n times. A transfer costs time quadratic in its distinct links: keep below about 100. All transfers
  // of the pair together stay below `at_most`.
  Pair add_pair(std::span<Link* const> links, Seconds latency, BytesPerSecond at_most = unlimited);

  // A processor that works at full speed, or at `contended_speed` (0..1) of it while contended.
  Host* add_processor(const std::string& name, double contended_speed);

  void spawn(const std::string& name, Host* host, std::function<void()> body);
  // An actor that ends with the last of the others, wherever it is.
  void spawn_daemon(const std::string& name, Host* host, std::function<void()> body);

  // Runs until no actor is left; the simulated time then. Rethrows what an actor threw; logic_error on a
  // deadlock.
  Seconds run();

  FabricZone& zone() { return *zone_; }

  // For actors. Transfers share every link evenly.
  static Seconds now();
  static void sleep(Seconds duration);
  // Work that takes `duration` at full speed, on the actor's processor.
  static void compute(Seconds duration);
  static void set_contended(Host* processor, bool contended);
  static void transfer(const Pair& pair, Bytes bytes);
  // Starts a transfer and goes on; `wait_for` returns when it has arrived, `left_of` tells what has not.
  using Running = std::shared_ptr<void>;
  static Running start(const Pair& pair, Bytes bytes);
  static void wait_for(const Running& running);
  static Bytes left_of(const Running& running);
  // Stops a transfer; what has not arrived. Whoever waits for it goes on. 0 when it has ended.
  static Bytes interrupt(const Running& running);
  // What one rank of a collective does at once: sends of its own and receives from others meet in mailboxes,
  // one for each ordered pair. Returns when all of them are done.
  static Mailbox* mailbox(const std::string& name);  // the same for the same name
  struct Outgoing {
    Mailbox* mailbox = nullptr;
    Bytes bytes;
  };
  void exchange(std::span<const Outgoing> sends, std::span<Mailbox* const> receives);
  // Transfers between GPUs take the time of their bytes alone.
  void drop_message_latency();

  // Before run(), where reroute() may be called: all links of the nodes are made.
  void expect_rerouting();
  // Transfers between GPUs take the routes of `machine` (the first one, but for links that are down).
  // Messages under way whose route differs go on over the new one with what has not arrived, a latency later.
  void reroute(const Topology& machine);

  static void set_capacity(Link* link, BytesPerSecond capacity);

 private:
  struct Messages;  // under way; where rerouting is expected
  std::function<void()> guarded(std::function<void()> body);

  std::unique_ptr<simgrid::s4u::Engine> engine_;
  FabricZone* zone_;  // owned by the engine
  std::exception_ptr failure_;
  std::unique_ptr<Messages> messages_;
};

}  // namespace aifsim
