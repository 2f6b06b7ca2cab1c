#include "records/kineto_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "records/kernel_groups.hpp"
#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kKernels = 4'000'000, kHostCalls = 16'000'000, kNames = 65'536, kCalls = 65'536,
                      kStreams = 256, kSteps = 65'536;
constexpr std::uint64_t kLargestTrace = std::uint64_t{64} << 30;
constexpr std::uint32_t kNone = KinetoKernel::none;

enum class HostCallKind : std::uint8_t { launch, wait, sync, record };

struct HostCall {
  double at = 0, correlation = -1;
  std::uint32_t thread = 0;
  HostCallKind kind = HostCallKind::launch;
};

std::optional<HostCallKind> kind_of_host_call(std::string_view name) {
  if (holds(name, "StreamWaitEvent")) return HostCallKind::wait;
  if (holds(name, "Synchronize")) return HostCallKind::sync;
  if (holds(name, "EventRecord")) return HostCallKind::record;
  if (holds(name, "Launch") || holds(name, "Memcpy") || holds(name, "Memset")) return HostCallKind::launch;
  return std::nullopt;
}

// Microseconds, or another number that counts; NaN is none.
bool in_range(double value) { return value >= 0 && value < 1e17; }

// A kernel of NCCL or RCCL.
bool communicates(const std::string& name) {
  const std::string text = lower(name);
  return holds(text, "nccl") || holds(text, "rccl") || holds(text, "msccl");
}

struct Step {
  std::string name;
  double begin = 0, end = 0;
};

class Collector {
 public:
  explicit Collector(const Input& input) : input_(input) { trace_.file = input.name(); }

  KinetoTrace collect() {
    KinetoEvents events([&](const KinetoEvent& event, const JsonVisitor& where) { take(event, where); });
    walk_json(input_, events);
    if (events.events() == 0 && !events.broken().empty()) throw InputError({events.broken().front()});
    trace_.job = events.job();
    for (const Problem& problem : events.broken()) lose("events that are no JSON", problem);
    if (trace_.kernels.empty())
      fail(
          "no GPU kernels in the trace; profile with activities=[ProfilerActivity.CPU, "
          "ProfilerActivity.CUDA]");
    give_calls();
    find_launches();
    resolve_waits();
    choose_step();
    if (devices_.size() > 1)
      fail(fmt::format("kernels of {} GPUs in one trace; a job takes the trace of one rank with one GPU",
                       devices_.size()));
    tell_losses();
    return std::move(trace_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(Place{input_.name()}, message);
  }
  [[noreturn]] void too_many(const char* what, std::size_t most) const {
    fail(fmt::format("more than {} {}; profile fewer steps (schedule(active=1))", most, what));
  }

  void lose(const std::string& what, const Problem& problem) {
    const auto [at, isnew] = lost_.try_emplace(what, std::size_t{0}, problem);
    ++at->second.first;
  }

  void tell_losses() {
    for (const auto& [what, lost] : lost_)
      trace_.notes.push_back(
          fmt::format("left out: {} {} (the first: {})", lost.first, what, lost.second.str()));
  }

  void take(const KinetoEvent& event, const JsonVisitor& where) {
    if (event.phase != "X") return;
    const std::string& c = event.category;
    if (c == "kernel" || c == "gpu_memcpy" || c == "gpu_memset") return add_kernel(event, where);
    if (c == "cuda_runtime" || c == "cuda_driver" || c == "runtime") return add_host_call(event);
    if (c == "cuda_sync" && event.waits_on_record >= 0 && event.waits_on_stream >= 0) return add_wait(event);
    if (c == "cpu_op" && !event.call.name.empty() && in_range(event.external_id) && !event.wrong) {
      if (calls_of_host_.size() < kKernels)
        calls_of_host_.try_emplace(static_cast<std::int64_t>(event.external_id), index_of(event.call, where));
      return;
    }
    if (event.op.name.starts_with("ProfilerStep#") && event.duration > 0 && in_range(event.duration) &&
        in_range(event.start))
      add_step(event);
  }

  void add_kernel(const KinetoEvent& event, const JsonVisitor& where) {
    if (event.wrong) return lose("kernels that cannot be read", *event.wrong);
    if (!in_range(event.duration) || !in_range(event.start))
      return lose("kernels that cannot be read",
                  {where.place(), "a kernel without a start (\"ts\") or a duration (\"dur\")"});
    if (trace_.kernels.size() == kKernels) too_many("GPU kernels", kKernels);
    KinetoKernel& kernel = trace_.kernels.emplace_back();
    kernel.start = event.start;
    kernel.end = event.start + event.duration;
    kernel.name = index_of(event.op.name);
    kernel.stream = stream(event.stream >= 0 ? event.stream : event.thread);
    if (!event.call.name.empty())
      kernel.call = index_of(event.call, where);
    else if (event.category == "kernel" && communicates(event.op.name))
      untold_.push_back({static_cast<std::uint32_t>(trace_.kernels.size() - 1),
                         in_range(event.external_id) ? static_cast<std::int64_t>(event.external_id) : -1});
    correlations_.push_back(event.correlation);
    kernel_devices_.push_back(static_cast<std::int32_t>(event.device));
  }

  void add_host_call(const KinetoEvent& event) {
    const auto kind = kind_of_host_call(event.op.name);
    if (!kind || !in_range(event.start)) return;
    if (host_.size() == kHostCalls) too_many("calls of the CUDA runtime", kHostCalls);
    const auto [thread, isnew] =
        threads_.try_emplace(event.thread, static_cast<std::uint32_t>(threads_.size()));
    host_.push_back({event.start, event.correlation, thread->second, *kind});
  }

  void add_wait(const KinetoEvent& event) {
    if (!(event.stream >= 0) || event.op.name != "Stream Wait Event") return;
    if (told_waits_.size() == kHostCalls) too_many("waits of streams", kHostCalls);
    told_waits_.push_back(
        {stream(event.stream), stream(event.waits_on_stream), event.correlation, event.waits_on_record});
  }

  void add_step(const KinetoEvent& event) {
    const double end = event.start + event.duration;
    if (event.category == "user_annotation" || event.category == "cpu_op") {
      if (host_steps_.size() < kSteps) host_steps_.push_back({event.op.name, event.start, end});
    } else if (event.category == "gpu_user_annotation") {  // one on each stream
      if (gpu_steps_.size() == kSteps && !gpu_steps_.contains(event.op.name)) return;
      Step& step = gpu_steps_.try_emplace(event.op.name, Step{event.op.name, event.start, end}).first->second;
      step.begin = std::min(step.begin, event.start);
      step.end = std::max(step.end, end);
    }
  }

  // Names beyond the number that is held are one.
  std::uint32_t index_of(const std::string& name) {
    const auto known = names_.find(name);
    if (known != names_.end()) return known->second;
    const auto index = static_cast<std::uint32_t>(trace_.names.size());
    if (index > kNames) return kNames;
    trace_.names.push_back(index == kNames ? "kernel" : shortened_kernel(name));
    if (index < kNames) names_.emplace(name, index);
    return index;
  }

  std::uint32_t index_of(const KinetoCall& call, const JsonVisitor& where) {
    const auto known = calls_.find(call);
    if (known != calls_.end()) return known->second;
    if (trace_.calls.size() == kCalls) too_many("different collectives", kCalls);
    const auto index = static_cast<std::uint32_t>(trace_.calls.size());
    trace_.calls.push_back({call, where.place()});
    calls_.emplace(call, index);
    return index;
  }

  std::uint32_t stream(double number) {
    const auto id = std::abs(number) < 1e15 ? static_cast<std::int64_t>(number) : -1;
    const auto [at, isnew] = streams_.try_emplace(id, static_cast<std::uint32_t>(trace_.streams.size()));
    if (isnew) trace_.streams.push_back(id);
    if (trace_.streams.size() > kStreams) too_many("streams of the GPU", kStreams);
    return at->second;
  }

  // NCCL's kernels without a word on what they exchange: the host's operation may tell it.
  void give_calls() {
    const Untold* first = nullptr;
    for (const Untold& untold : untold_) {
      const auto told = calls_of_host_.find(untold.external_id);
      if (told != calls_of_host_.end())
        trace_.kernels[untold.kernel].call = told->second;
      else if (!first)
        first = &untold;
    }
    if (!first) return;
    const std::string& name = trace_.names[trace_.kernels[first->kernel].name];
    fail(fmt::format(
        "the kernel {} at {:.3f} us (\"ts\") does not tell its collective (\"Collective name\", "
        "\"In msg nelems\", \"dtype\", \"Process Group Ranks\"); PyTorch 2.4 and later write them "
        "with record_shapes=True and ProfilerActivity.CPU",
        quote(name), trace_.kernels[first->kernel].start));
  }

  // When the host launched each kernel, and for what it had made the stream wait. A wait belongs to what its thread
  // launches next; NCCL makes its own stream wait just before each collective.
  void find_launches() {
    std::vector<std::pair<double, std::uint32_t>> kernels;  // by correlation
    for (std::size_t k = 0; k < correlations_.size(); ++k)
      if (correlations_[k] >= 0) kernels.emplace_back(correlations_[k], static_cast<std::uint32_t>(k));
    std::sort(kernels.begin(), kernels.end());
    std::sort(host_.begin(), host_.end(), [](const HostCall& a, const HostCall& b) {
      return std::tie(a.thread, a.at) < std::tie(b.thread, b.at);
    });
    std::uint32_t thread = kNone, waits = 0;
    bool synced = false;
    for (const HostCall& call : host_) {
      if (call.thread != thread) waits = 0, synced = false;
      thread = call.thread;
      if (call.kind == HostCallKind::wait) ++waits, trace_.host_waits = true;
      if (call.kind == HostCallKind::sync) synced = true;
      if (call.kind != HostCallKind::launch || call.correlation < 0) continue;
      auto at = std::lower_bound(kernels.begin(), kernels.end(), std::pair{call.correlation, 0U});
      if (at == kernels.end() || at->first != call.correlation) continue;
      KinetoKernel& kernel = trace_.kernels[at->second];
      kernel.after_sync = std::exchange(synced, false);
      if (kernel.is_call())
        waits -= waits > 0 ? 1 : 0;
      else
        kernel.waits = std::exchange(waits, 0);
      for (; at != kernels.end() && at->first == call.correlation; ++at)
        if (std::isnan(trace_.kernels[at->second].launch)) trace_.kernels[at->second].launch = call.at;
    }
  }

  void resolve_waits() {
    if (told_waits_.empty()) return;
    std::unordered_map<double, double> times;  // of waits and records, by correlation
    for (const HostCall& call : host_)
      if (call.kind == HostCallKind::wait || call.kind == HostCallKind::record)
        times[call.correlation] = call.at;
    for (const ToldWait& wait : told_waits_) {
      const auto at = times.find(wait.correlation), recorded = times.find(wait.record);
      if (at != times.end() && recorded != times.end())
        trace_.waits.push_back({wait.stream, wait.on, at->second, recorded->second});
    }
    std::stable_sort(trace_.waits.begin(), trace_.waits.end(),
                     [](const KinetoWait& a, const KinetoWait& b) { return a.at < b.at; });
  }

  void choose_step() {
    std::sort(host_steps_.begin(), host_steps_.end(),
              [](const Step& a, const Step& b) { return a.begin < b.begin; });
    std::vector<Step> by_gpu;
    for (const auto& [name, step] : gpu_steps_) by_gpu.push_back(step);
    std::sort(by_gpu.begin(), by_gpu.end(), [](const Step& a, const Step& b) { return a.begin < b.begin; });
    if (!take_last(host_steps_, true) && !take_last(by_gpu, false)) {
      if (!host_steps_.empty() || !by_gpu.empty())
        trace_.notes.push_back("no ProfilerStep# of the trace launches kernels: the whole trace is one step");
      std::vector<bool> all(trace_.kernels.size(), true);
      keep(all);
      trace_.begin = trace_.kernels.front().start;
    }
    trace_.end = 0;
    for (const KinetoKernel& kernel : trace_.kernels) trace_.end = std::max(trace_.end, kernel.end);
  }

  // Of steps in order the last with kernels; those are told by their launches, or by their own times.
  bool take_last(const std::vector<Step>& steps, bool by_launch) {
    constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
    const auto step_of = [&](const KinetoKernel& kernel) {
      const double at = by_launch ? kernel.launch : kernel.start;
      auto after = std::upper_bound(steps.begin(), steps.end(), at,
                                    [](double t, const Step& step) { return t < step.begin; });
      if (std::isnan(at) || after == steps.begin()) return nowhere;
      --after;
      return at <= after->end ? static_cast<std::size_t>(after - steps.begin()) : nowhere;
    };
    std::size_t last = nowhere;
    for (const KinetoKernel& kernel : trace_.kernels) {
      const std::size_t step = step_of(kernel);
      if (step != nowhere) last = last == nowhere ? step : std::max(last, step);
    }
    if (last == nowhere) return false;
    std::vector<bool> kept(trace_.kernels.size());
    double begin = std::numeric_limits<double>::infinity(), end = -begin, before = -begin;
    for (std::size_t k = 0; k < kept.size(); ++k) {
      kept[k] = step_of(trace_.kernels[k]) == last;
      if (!kept[k]) continue;
      begin = std::min(begin, trace_.kernels[k].start);
      end = std::max(end, trace_.kernels[k].end);
    }
    for (std::size_t k = 0; k < kept.size(); ++k) {
      const KinetoKernel& kernel = trace_.kernels[k];
      if (kept[k]) continue;
      // Of a launch that is not told, as in the middle of a graph.
      if (by_launch && std::isnan(kernel.launch) && kernel.start >= begin && kernel.end <= end) {
        kept[k] = true;
      } else if (last > 0 && step_of(kernel) == last - 1) {
        before = std::max(before, kernel.end);
      }
    }
    // Data that the step waited for is a part of it.
    trace_.begin = std::isfinite(before) && before <= begin ? before : begin;
    trace_.step = steps[last].name;
    keep(kept);
    return true;
  }

  void keep(const std::vector<bool>& kept) {
    std::size_t n = 0;
    for (std::size_t k = 0; k < kept.size(); ++k) {
      if (!kept[k]) continue;
      if (kernel_devices_[k] >= 0) devices_.insert(kernel_devices_[k]);
      trace_.kernels[n++] = trace_.kernels[k];
    }
    trace_.kernels.resize(n);
    std::stable_sort(trace_.kernels.begin(), trace_.kernels.end(),
                     [](const KinetoKernel& a, const KinetoKernel& b) { return a.start < b.start; });
  }

  struct Untold {
    std::uint32_t kernel;
    std::int64_t external_id;
  };
  struct ToldWait {
    std::uint32_t stream, on;
    double correlation, record;
  };
  const Input& input_;
  KinetoTrace trace_;
  std::vector<double> correlations_;          // of the kernels, until a step is chosen
  std::vector<std::int32_t> kernel_devices_;  // likewise
  std::set<std::int32_t> devices_;
  std::vector<HostCall> host_;
  std::vector<ToldWait> told_waits_;
  std::vector<Untold> untold_;
  std::vector<Step> host_steps_;
  std::map<std::string, Step> gpu_steps_;
  std::unordered_map<std::string, std::uint32_t> names_;
  std::map<KinetoCall, std::uint32_t> calls_;
  std::unordered_map<std::int64_t, std::uint32_t> calls_of_host_;  // by external id
  std::map<std::int64_t, std::uint32_t> streams_;
  std::map<double, std::uint32_t> threads_;
  std::map<std::string, std::pair<std::size_t, Problem>> lost_;
};

Input input_of(const std::filesystem::path& path, const std::string& name, const Place& asked_at) {
  const UserFile file = UserFile::open_regular(path, name, asked_at, kLargestTrace);
  return Input(path.string(), [file] { return file.bytes(); });
}

}  // namespace

KinetoTrace read_kineto_trace(const Input& input) { return Collector(input).collect(); }

KinetoTrace read_kineto_trace(const std::filesystem::path& path, const std::string& name,
                              const Place& asked_at) {
  return read_kineto_trace(input_of(path, name, asked_at));
}

bool is_kineto(const std::filesystem::path& path, const std::string& name, const Place& asked_at) {
  if (path.string().ends_with(".json") || path.string().ends_with(".json.gz")) return true;
  return looks_like_kineto(input_of(path, name, asked_at).raw_head());
}

}  // namespace aifsim::records
