#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

#include "base/error.hpp"
#include "collectives/choose.hpp"
#include "kernels/price_cache.hpp"
#include "lowering/storage/storage.hpp"
#include "plan/launches.hpp"
#include "program/check.hpp"

namespace aifsim {
namespace {

KernelClass class_of(const KernelOp& op) {
  if (std::holds_alternative<Gemm>(op)) return KernelClass::product;
  if (std::holds_alternative<Attention>(op) || std::holds_alternative<AttentionDecode>(op))
    return KernelClass::attention;
  if (std::holds_alternative<ExpertLayer>(op)) return KernelClass::experts;
  if (const auto* copy = std::get_if<HostTransfer>(&op); copy && copy->path != HostPath::peer)
    return KernelClass::copy;
  const auto* stream = std::get_if<Streaming>(&op);
  return stream && stream->kind == StreamKind::optimizer ? KernelClass::optimizer : KernelClass::elementwise;
}

// What a call takes beside its bytes, of which so many lie in a shared file; CannotAnswer where the machine has no such
// storage.
Seconds storage_once(const PlatformDescription& platform, const Topology& machine, const StorageCall& call,
                     double files, Bytes shared) {
  if (call.tier == node_drives) {
    if (!machine.has_drives())
      throw CannotAnswer(
          fmt::format("the nodes of {} have no drives of their own (node.nvme)", platform.name));
    return {};
  }
  const auto tier = std::find_if(platform.storage.begin(), platform.storage.end(),
                                 [&](const StorageTierDescription& t) { return t.name == call.tier; });
  if (tier == platform.storage.end()) {
    std::string known;
    for (const StorageTierDescription& t : platform.storage) known += (known.empty() ? "" : ", ") + t.name;
    throw CannotAnswer(fmt::format("{} has no storage tier {}; {}", platform.name, call.tier,
                                   known.empty() ? "it describes none" : "it has " + known));
  }
  const double rate = call.write ? tier->creates : tier->opens;
  const Seconds once = *tier->latency + Seconds{rate > 0 ? files / rate : 0};
  if (shared.value == 0) return once;
  const FileSystemDescription* software = file_system_of(platform.file_systems, tier->software);
  if (!software)
    throw CannotAnswer(
        fmt::format("tier {} of {} does not say its software, on which it depends how processes share a file",
                    tier->name, platform.name));
  return once + shared_delay(*tier, *software, call.write, shared);
}

class Planner {
 public:
  Planner(const Program& program, const Job& job)
      : program_(program), job_(job), prices_(*job.gpu, {}, job.draw) {
    plan_.router = router_of(job);
    plan_.busy = job.busy;
    plan_.slowest = job.slowest;
  }

  Plan build() {
    if (program_.roles.size() > 1 && !job_.checked)
      if (const auto problems = problems_of(program_); !problems.empty())
        throw std::logic_error("a program that cannot run: " + problems.front());
    plan_.events = program_.events;
    plan_.nodes = job_.nodes;
    plan_.gpus = job_.gpus;
    std::size_t streams = 0;
    for (const Role& role : program_.roles) streams += role.streams.size();
    plan_.meetings.resize(streams);
    for (const Role& role : program_.roles) {
      RankLattice members = ranks_of(program_, role);
      PlanRole planned{role.name, members.size(), {}, std::move(members)};
      for (const Stream& stream : role.streams) {
        channel_ = channels_.try_emplace(stream.name, std::ssize(channels_)).first->second;
        planned.streams.push_back({stream.name, {}});
        phase_ = StepPhase::training;
        append(stream.operations, role, planned.streams.back().steps);
        ++stream_;
      }
      if (job_.launch.value > 0) plan_.events = add_launches(planned, job_.launch, plan_.events);
      plan_.roles.push_back(std::move(planned));
    }
    set_constants(plan_, job_.platform->communication, job_.platform->clock.sustained, job_.compute_slowdown);
    return std::move(plan_);
  }

 private:
  void append(const std::vector<Operation>& operations, const Role& role, std::vector<PlanStep>& steps) {
    for (const Operation& op : operations) {
      PlanStep step;
      step.label = op.label;
      step.phase = phase_;
      if (const auto* k = std::get_if<Kernel>(&op.what)) {
        const Price& price = prices_(k->op);
        step.burst = price.time * static_cast<double>(k->count);
        const std::size_t kind = static_cast<std::size_t>(class_of(k->op));
        step.by_class[kind] = step.burst;
        step.energy = price.energy * static_cast<double>(k->count);
        step.kernels = k->graph ? 0 : k->count;
        step.host = k->host + (k->graph ? job_.graph_launch * static_cast<double>(k->count) : Seconds{});
        if (!steps.empty() && steps.back().kind == StepKind::compute && !steps.back().timed &&
            steps.back().label == op.label && steps.back().phase == phase_) {
          steps.back().kernels += step.kernels;
          steps.back().host += step.host;
          steps.back().energy += step.energy;
          steps.back().by_class[kind] += step.burst;
          steps.back().burst += step.burst;  // kernels of one label run as one piece
          continue;
        }
      } else if (const auto* timed = std::get_if<TimedKernel>(&op.what)) {
        step.burst = step.time = timed->time;
        step.timed = true;
        step.kernels = 1;
      } else if (const auto* copy = std::get_if<Copy>(&op.what)) {
        step.kind = StepKind::host;
        step.time = prices_(HostTransfer{copy->path, copy->bytes}).time;
      } else if (const auto* h = std::get_if<HostWork>(&op.what)) {
        step.kind = StepKind::host;
        step.time = h->time;
        if (!h->device.empty()) step.device = device(h->device);
      } else if (const auto* c = std::get_if<Collective>(&op.what)) {
        step.kind = StepKind::collective;
        const Group& group = program_.groups[c->group];
        const GroupRanks ranks = groups_of(program_, group, role);
        step.collective = collective(*c, ranks);
        meet(step, c->group, ranks, role);
      } else if (const auto* send = std::get_if<Send>(&op.what)) {
        pair(step, pairs_of(program_, *send, role), send->bytes, send->channel, 0);
      } else if (const auto* receive = std::get_if<Receive>(&op.what)) {
        pair(step, pairs_to(program_, *receive, role), receive->bytes, receive->channel, 1);
      } else if (const auto* read = std::get_if<Read>(&op.what)) {
        storage(step, {read->tier, false, {}}, *read, role);
      } else if (const auto* write = std::get_if<Write>(&op.what)) {
        storage(step, {write->tier, true, {}}, *write, role);
      } else if (const auto* r = std::get_if<Record>(&op.what)) {
        step.kind = StepKind::record;
        step.event = r->event;
      } else if (const auto* w = std::get_if<Wait>(&op.what)) {
        step.kind = StepKind::wait;
        step.event = w->event;
      } else if (const auto* begin = std::get_if<Begin>(&op.what)) {
        phase_ = begin->phase;
        continue;
      } else if (const auto* repeat = std::get_if<Repeat>(&op.what)) {
        if (repeat->times < 1 || repeat->body.empty()) continue;
        const std::size_t start = steps.size();
        step.kind = StepKind::repeat;
        step.times = repeat->times;
        steps.push_back(std::move(step));
        append(repeat->body, role, steps);
        PlanStep again;
        again.kind = StepKind::again;
        again.other = start;
        steps[start].other = steps.size();
        steps.push_back(std::move(again));
        continue;
      } else {
        continue;  // Hold, Drop: memory alone
      }
      steps.push_back(std::move(step));
    }
  }

  // In place of a group.
  static constexpr std::size_t pairs = std::numeric_limits<std::size_t>::max(), files = pairs - 1;

  void pair(PlanStep& step, const GroupRanks& ranks, Bytes bytes, std::int64_t channel, std::size_t party) {
    step.kind = StepKind::collective;
    step.pair = true;
    step.collective = collective({CollectiveKind::broadcast, 0, bytes, Algorithm::linear}, ranks);
    step.meeting = meeting({pairs, ranks, channel}, 2);
    step.party = party;
  }

  std::size_t device(const std::string& name) {
    const auto known = std::find_if(plan_.devices.begin(), plan_.devices.end(),
                                    [&](const PlannedDevice& d) { return d.name == name; });
    if (known != plan_.devices.end()) return static_cast<std::size_t>(known - plan_.devices.begin()) + 1;
    std::string others;
    for (const SharedDeviceDescription& d : job_.platform->devices) {
      if (d.name == name) {
        plan_.devices.push_back({name, static_cast<std::int64_t>(*d.count)});
        return plan_.devices.size();
      }
      others += (others.empty() ? "" : ", ") + d.name;
    }
    throw CannotAnswer(fmt::format("{} has no device {}; {}", job_.platform->name, name,
                                   others.empty() ? "it describes none" : "it has " + others));
  }

  template <class Access>
  void storage(PlanStep& step, StorageCall call, const Access& access, const Role& role) {
    step.kind = StepKind::collective;
    step.storage = true;
    step.meeting = stream_;
    GroupRanks ranks{{}, ranks_of(program_, role)};
    if (access.together && program_.roles.size() > 1) {
      ranks.members = {0, {{program_.ranks(), 1}}};
      step.meeting = meeting({files, ranks, channel_}, program_.roles.size());
      step.party = static_cast<std::size_t>(&role - program_.roles.data());
    }
    ranks.bases.first = std::exchange(ranks.members.first, 0);
    const auto [at, isnew] =
        accesses_.try_emplace({call.tier, call.write, access.bytes.value, access.files, access.shared, ranks},
                              plan_.collectives.size());
    step.collective = at->second;
    if (!isnew) return;
    const auto members = static_cast<double>(ranks.members.size());
    const RoutedGroup& group = plan_.router->group(ranks);
    call.once = storage_once(*job_.platform, plan_.router->machine(), call, access.files * members,
                             access.shared ? access.bytes * members : Bytes{});
    CollectiveCost cost;
    cost.routed = &plan_.router->storage(call.tier, call.write, group);
    cost.phases.push_back({&cost.routed->phases.front(), access.bytes.value, {}, 0});
    plan_.collectives.push_back(
        {CollectiveKind::barrier, &group, access.bytes, {}, {std::move(cost)}, 0, std::move(call)});
  }

  // A stream's own calls meet nobody; those on a group of several roles meet the others'.
  void meet(PlanStep& step, std::size_t group, const GroupRanks& ranks, const Role& role) {
    const auto [at, isnew] = roles_in_.try_emplace(ranks);
    if (isnew && program_.roles.size() > 1) at->second = roles_in(ranks);
    const std::vector<const Role*>& in = at->second;
    if (in.size() <= 1) {
      step.meeting = stream_;
      return;
    }
    step.meeting = meeting({group, ranks, 0}, in.size());
    step.party = static_cast<std::size_t>(std::find(in.begin(), in.end(), &role) - in.begin());
  }

  std::vector<const Role*> roles_in(const GroupRanks& ranks) {
    std::vector<char> in(static_cast<std::size_t>(program_.ranks()), 0);
    const RoutedGroup& group = plan_.router->group(ranks);
    for (const std::int64_t base : group.bases)
      for (const std::int64_t member : group.members) in[static_cast<std::size_t>(base + member)] = 1;
    std::vector<const Role*> found;
    for (const Role& role : program_.roles) {
      const auto all = ranks_of(program_, role).ranks();
      if (std::any_of(all.begin(), all.end(),
                      [&](std::int64_t rank) { return in[static_cast<std::size_t>(rank)]; }))
        found.push_back(&role);
    }
    return found;
  }

  using Calls = std::tuple<std::size_t, GroupRanks, std::int64_t>;
  std::size_t meeting(const Calls& calls, std::size_t parties) {
    const auto [at, isnew] = meetings_.try_emplace(calls, plan_.meetings.size());
    if (isnew) plan_.meetings.push_back({parties});
    return at->second;
  }

  std::size_t collective(const Collective& c, const GroupRanks& ranks) {
    const RoutedGroup& group = plan_.router->group(ranks);
    const auto [at, isnew] = collectives_.try_emplace(
        {c.kind, group.number, c.bytes.value, c.algorithm, c.tokens, c.every, c.times},
        plan_.collectives.size());
    if (!isnew) return at->second;
    PlannedCollective planned{c.kind, &group, c.bytes, c.tokens, {}};
    planned.share = static_cast<double>(c.times) / static_cast<double>(c.every);
    for (const Algorithm algorithm : candidates(c, group.shape)) {
      CollectiveCost cost;
      cost.routed = &plan_.router->collective(c.kind, algorithm, group, c.tokens);
      for (const RoutedPhase& phase : cost.routed->phases)
        cost.phases.push_back({&phase, planned.share * c.bytes.value * phase.share, {}, 0});
      planned.choices.push_back(std::move(cost));
    }
    plan_.collectives.push_back(std::move(planned));
    return at->second;
  }

  std::vector<Algorithm> candidates(const Collective& c, const GroupShape& shape) const {
    Algorithm wanted = c.algorithm;
    // What training runs showed.
    if (wanted == Algorithm::automatic && c.kind == CollectiveKind::all_reduce && job_.busy)
      wanted = job_.platform->communication.all_reduce;
    if (find_schedule(c.kind, wanted, shape)) return {wanted};
    return library_algorithms(c.kind, shape, job_.platform->node.switch_reduction, c.tokens.visits);
  }

  const Program& program_;
  const Job& job_;
  PriceCache prices_;
  Plan plan_;
  std::size_t stream_ = 0;                        // number of the one that is being planned
  std::map<std::string, std::int64_t> channels_;  // by name of stream, which roles have alike
  std::int64_t channel_ = 0;                      // its own
  StepPhase phase_ = StepPhase::training;         // of what is planned next
  std::map<
      std::tuple<CollectiveKind, std::size_t, double, Algorithm, TokenSpread, std::int64_t, std::int64_t>,
      std::size_t>
      collectives_;
  std::map<std::tuple<std::string, bool, double, double, bool, GroupRanks>, std::size_t> accesses_;
  std::map<Calls, std::size_t> meetings_;
  std::map<GroupRanks, std::vector<const Role*>> roles_in_;
};

}  // namespace

std::shared_ptr<Router> router_of(const Job& job) {
  return job.router ? job.router : std::make_shared<Router>(*job.machine, job.nodes, job.folded);
}

std::vector<std::pair<std::size_t, double>> calls_of(const Plan& plan) {
  std::vector<std::pair<std::size_t, double>> calls;
  std::vector<std::size_t> index(plan.collectives.size(), std::numeric_limits<std::size_t>::max());
  for (const PlanRole& role : plan.roles)
    for (const PlanStream& stream : role.streams)
      for_each_step(stream, [&](const PlanStep& step, std::int64_t times) {
        if (step.kind != StepKind::collective || step.party != 0) return;
        std::size_t& at = index[step.collective];
        if (at == std::numeric_limits<std::size_t>::max()) {
          at = calls.size();
          calls.emplace_back(step.collective, 0);
        }
        calls[at].second += static_cast<double>(times);
      });
  return calls;
}

Plan make_plan(const Program& program, const Job& job) { return Planner(program, job).build(); }

}  // namespace aifsim
