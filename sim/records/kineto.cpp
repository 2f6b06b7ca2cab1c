// Traces of the PyTorch profiler (Kineto), as JSON or JSON.gz: {"deviceProperties": [{"name": ...}],
// "traceEvents": [{"ph": "X", "cat": "kernel", "name": ..., "dur": microseconds, "args": {"External id": ...,
// "grid": [x, y, z], "block": [...]}}, {"cat": "cpu_op", "name": "aten::mm", "args": {"External id": ...,
// "Input Dims": [[m, k], [k, n]], "Input type": [...], "Concrete Inputs": [...]}}, ...]}; or the list alone.
//
// Read twice: first the operations with their shapes, then the kernels, which name their operation by its
// external id. Memory: one event, 2 million ids, and the groups of KernelGroups.
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "records/format.hpp"
#include "records/json_walk.hpp"
#include "records/kernel_groups.hpp"
#include "records/kineto_events.hpp"
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/trace_shapes.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kIds = 2'000'000, kShapes = 65'536;

// The shapes of operations, by external id.
class Shapes {
 public:
  void add(const KinetoEvent& event, Sink& sink) {
    if (event.category != "cpu_op" || event.wrong || event.external_id < 0 || !has_shape(event.op.name))
      return;
    auto cells = shape_of(event.op);
    if (!cells) {
      sink.skip(
          "shapes that are not recorded or not causal attention (their kernels are kept without shape)");
      return;
    }
    std::string key = event.op.name;
    for (const auto& [column, value] : *cells) key += ' ' + column + '=' + value;
    auto known = index_.find(key);
    if (known == index_.end()) {
      if (shapes_.size() == kShapes) return full(sink);
      known = index_.emplace(key, shapes_.size()).first;
      shapes_.push_back({shape_class(event.op.name), std::move(*cells)});
    }
    if (ids_.size() == kIds) return full(sink);
    ids_[static_cast<std::uint64_t>(event.external_id)] = static_cast<std::uint32_t>(known->second);
  }
  // Cells of the operation that launched a kernel of this class.
  Metadata of(const KinetoEvent& kernel, const std::string& op) const {
    if (kernel.external_id < 0) return {};
    const auto id = ids_.find(static_cast<std::uint64_t>(kernel.external_id));
    if (id == ids_.end() || shapes_[id->second].first != op) return {};
    // Backward attention is several kernels; only the one that does the products stands for it.
    if (op == "attention_backward" && !holds(lower(kernel.op.name), "dq_dk_dv") &&
        !holds(lower(kernel.op.name), "flashattnbwd"))
      return {};
    return shapes_[id->second].second;
  }

 private:
  static void full(Sink& sink) { sink.skip("shapes beyond the number that is held in memory"); }
  std::map<std::string, std::size_t> index_;
  std::vector<std::pair<std::string, Metadata>> shapes_;
  std::unordered_map<std::uint64_t, std::uint32_t> ids_;
};

// What PyTorch notes about an NCCL kernel: the whole buffer is the larger of input and output.
Metadata collective_cells(const KinetoEvent& e) {
  Metadata cells;
  const std::string dtype = dtype_word(e.call.dtype);
  const auto bytes = bytes_of_dtype(dtype);
  const double elements = std::max(e.call.in_elements, e.call.out_elements);
  if (e.call.group_size > 0) cells.emplace_back("ranks", fmt::format("{}", e.call.group_size));
  if (bytes && elements > 0) cells.emplace_back("message_bytes", fmt::format("{}", elements * *bytes));
  if (!dtype.empty() && dtype.size() < 40) cells.emplace_back("dtype", dtype);
  cells.emplace_back("buffers", "gpu");
  return cells;
}

std::string copy_op(std::string_view name) {
  if (holds(name, "HtoD")) return "memcpy_h2d";
  if (holds(name, "DtoH")) return "memcpy_d2h";
  if (holds(name, "PtoP")) return "memcpy_p2p";
  return holds(name, "DtoD") ? "memcpy_d2d" : "";
}

void read_kineto(const Input& input, Sink& sink) {
  Shapes shapes;
  KinetoEvents first([&](const KinetoEvent& event, const JsonVisitor&) { shapes.add(event, sink); });
  walk_json(input, first);
  if (first.events() == 0 && !first.broken().empty()) throw InputError({first.broken().front()});
  if (first.events() == 0)
    throw InputError(Place{input.name()},
                     "no events; expected a trace of the PyTorch profiler with \"traceEvents\"");
  std::map<std::int64_t, std::string> gpus;
  std::set<std::string> kinds;
  for (const auto& [id, name] : first.devices()) {
    sink.fact("device", name);
    gpus[id] = sink.gpu_of(name);
    kinds.insert(gpus[id]);
  }
  for (const Problem& problem : first.broken()) sink.skip("events that are no JSON", problem);
  KernelGroups groups(sink);
  std::size_t kernels = 0;
  KinetoEvents second([&](const KinetoEvent& event, const JsonVisitor& where) {
    const bool kernel = event.category == "kernel", copy = event.category == "gpu_memcpy";
    if (event.phase != "X" || (!kernel && !copy)) {
      sink.skip(event.category.empty() ? "events without a category"
                                       : "events that are no kernels or copies");
      return;
    }
    ++kernels;
    if (event.wrong) return sink.skip("kernels that cannot be read", *event.wrong);
    if (event.duration < 0)
      return sink.skip("kernels that cannot be read",
                       Problem{where.place(), "a kernel without a duration (\"dur\")"});
    const auto gpu = gpus.find(event.device);
    if (kinds.size() > 1 && gpu == gpus.end())
      return sink.skip("kernels that do not tell on which of the trace's GPUs they ran", where.place());
    Launch launch;
    launch.name = event.op.name;
    if (!kinds.empty()) launch.gpu = gpu == gpus.end() ? *kinds.begin() : gpu->second;
    if (kinds.empty()) launch.gpu = sink.given().gpu;
    if (sink.given().software.empty()) launch.software = "pytorch";
    launch.time_us = event.duration;
    if (copy) {
      launch.op = copy_op(event.op.name);
      if (launch.op.empty()) {
        sink.skip("copies between unknown places");
        return;
      }
      if (event.bytes > 0) launch.shape.emplace_back("bytes", fmt::format("{}", event.bytes));
    } else {
      launch.op = kernel_class(event.op.name);
      if (event.grid.size() == 3) launch.grid = dim3_text(event.grid[0], event.grid[1], event.grid[2]);
      if (event.block.size() == 3) launch.block = dim3_text(event.block[0], event.block[1], event.block[2]);
      if (!event.call.name.empty()) {
        const auto word = collective_word(event.call.name.substr(event.call.name.front() == '_' ? 1 : 0));
        if (word) launch.op = *word;
        launch.shape = collective_cells(event);
        sink.note("collective kernels of a trace include the wait for the other ranks");
      } else {
        launch.shape = shapes.of(event, launch.op);
      }
    }
    groups.add(launch);
  });
  walk_json(input, second);
  if (kernels == 0) sink.note("the trace holds no GPU kernels; profile with ProfilerActivity.CUDA");
  groups.write();
}

}  // namespace

const Format kineto{"kineto",
                    "PyTorch profiler traces (Kineto, Chrome JSON, also .gz): kernels with their shapes",
                    looks_like_kineto, read_kineto};

}  // namespace aifsim::records
