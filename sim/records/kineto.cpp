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
#include "records/lines.hpp"
#include "records/names.hpp"
#include "records/trace_shapes.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kIds = 2'000'000, kShapes = 65'536, kInputs = 64, kDims = 16, kDevices = 1024,
                      kBroken = 1000;

struct Event {
  std::string phase, category;
  TracedOp op;  // its name is the event's
  double duration = -1, external_id = -1, bytes = -1;
  std::vector<double> grid, block;
  std::string collective, dtype;
  double in_elements = -1, out_elements = -1, group_size = -1;
  std::int64_t device = -1;
  std::optional<Problem> wrong;  // what is wrong in it
};

class Events : public JsonVisitor {
 public:
  using Take = std::function<void(const Event&, const JsonVisitor&)>;
  explicit Events(Take take) : take_(std::move(take)) {}
  std::size_t events() const { return events_; }
  const std::map<std::int64_t, std::string>& devices() const { return devices_; }  // names by number
  const std::vector<Problem>& broken() const { return broken_; }

  void begin(const JsonPath& path) override {
    if (path.empty()) return;
    if (depth_ == 0 && path.size() == 1 && path[0].empty()) depth_ = 1;  // a list alone
    if (path.size() == 2 && path[0] == "traceEvents") depth_ = 2;
    if (is_event(path)) event_ = {};
    if (path.size() == 2 && path[0] == "deviceProperties")
      device_ = static_cast<std::int64_t>(devices_.size());
    if (in_args(path, 3) && path[depth_ + 1] == "Input Dims" && event_.op.dims.size() < kInputs)
      event_.op.dims.emplace_back();
  }

  void end(const JsonPath& path) override {
    if (!is_event(path)) return;
    ++events_;
    take_(event_,
          *this);  // which knows the place: to count its lines for each event would cost more than all else
  }

  void value(const JsonPath& path, const JsonScalar& value) override {
    if (path.size() == 3 && path[0] == "deviceProperties") {
      const std::string* text = text_in(value);
      const auto id = number_in(value);
      if (path[2] == "id" && id && std::abs(*id) < 1e6) device_ = static_cast<std::int64_t>(*id);
      if (path[2] == "name" && text && devices_.size() < kDevices) devices_[device_] = *text;
    }
    if (depth_ == 0 || path.size() <= depth_ || (depth_ == 2 && path[0] != "traceEvents")) return;
    if (path.size() == depth_ + 1) {
      field(path[depth_], value);
    } else if (path[depth_] == "args" && path.size() == depth_ + 2) {
      argument(path[depth_ + 1], value);
    } else if (path[depth_] == "args") {
      element(path, value);
    }
  }

 private:
  bool is_event(const JsonPath& path) const {
    return depth_ > 0 && path.size() == depth_ && (depth_ == 1 || path[0] == "traceEvents");
  }
  // Inside "args" of an event, `below` levels below the event.
  bool in_args(const JsonPath& path, std::size_t below) const {
    return depth_ > 0 && path.size() == depth_ + below && path[depth_] == "args" &&
           (depth_ == 1 || path[0] == "traceEvents");
  }

  void field(const std::string& key, const JsonScalar& value) {
    const std::string* text = text_in(value);
    if (key == "ph" && text) event_.phase = *text;
    if (key == "cat" && text) event_.category = lower(*text);
    if (key == "name" && text) event_.op.name = *text;
    if (key == "dur") event_.duration = number(key, value);
  }

  void argument(const std::string& key, const JsonScalar& value) {
    const std::string* text = text_in(value);
    if (key == "External id" || key == "external id") event_.external_id = number(key, value);
    if (key == "device") {
      const auto id = number_in(value);
      if (id && *id >= 0 && *id < 1e6) event_.device = static_cast<std::int64_t>(*id);
    }
    if (key == "bytes") event_.bytes = number(key, value);
    if (key == "Collective name" && text) event_.collective = *text;
    if (key == "dtype" && text) event_.dtype = *text;
    if (key == "In msg nelems") event_.in_elements = number(key, value);
    if (key == "Out msg nelems") event_.out_elements = number(key, value);
    if (key == "Group size") event_.group_size = number(key, value);
  }

  void element(const JsonPath& path, const JsonScalar& value) {
    const std::string& list = path[depth_ + 1];
    const std::string* text = text_in(value);
    if (path.size() == depth_ + 3) {
      if (list == "grid" && event_.grid.size() < 3) event_.grid.push_back(number(list, value));
      if (list == "block" && event_.block.size() < 3) event_.block.push_back(number(list, value));
      if (list == "Input type" && event_.op.types.size() < kInputs)
        event_.op.types.push_back(text ? *text : "");
      if (list == "Concrete Inputs" && event_.op.values.size() < kInputs)
        event_.op.values.push_back(text ? text->substr(0, 40) : "");
    } else if (path.size() == depth_ + 4 && list == "Input Dims" && !event_.op.dims.empty()) {
      auto& dims = event_.op.dims.back();
      const double d = number(list, value);
      if (dims.size() < kDims) dims.push_back(d >= 0 && d < 1e15 ? static_cast<std::int64_t>(d) : -1);
    }
  }

  double number(const std::string& key, const JsonScalar& value) {
    if (const auto number = number_in(value)) return *number;
    if (!event_.wrong) event_.wrong = Problem{place(), fmt::format("\"{}\": expected a number", key)};
    return -1;
  }

  bool goes_on_after(const Problem& problem) override {
    if (depth_ == 0) return false;  // no event yet: this is something else
    broken_.push_back(problem);
    if (broken_.size() > kBroken) return false;
    event_ = {};
    depth_ = 2;
    return true;
  }

  Take take_;
  Event event_;
  std::map<std::int64_t, std::string> devices_;
  std::int64_t device_ = 0;
  std::vector<Problem> broken_;
  std::size_t depth_ = 0, events_ = 0;  // keys in the path of an event
};

// The shapes of operations, by external id.
class Shapes {
 public:
  void add(const Event& event, Sink& sink) {
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
  Metadata of(const Event& kernel, const std::string& op) const {
    if (kernel.external_id < 0) return {};
    const auto id = ids_.find(static_cast<std::uint64_t>(kernel.external_id));
    if (id == ids_.end() || shapes_[id->second].first != op) return {};
    // Backward attention is several kernels; only the one that does the products stands for it.
    if (op == "attention_backward" && !has(lower(kernel.op.name), "dq_dk_dv") &&
        !has(lower(kernel.op.name), "flashattnbwd"))
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
Metadata collective_cells(const Event& e) {
  Metadata cells;
  const std::string dtype = dtype_word(e.dtype);
  const auto bytes = bytes_of_dtype(dtype);
  const double elements = std::max(e.in_elements, e.out_elements);
  if (e.group_size > 0) cells.emplace_back("ranks", fmt::format("{}", e.group_size));
  if (bytes && elements > 0) cells.emplace_back("message_bytes", fmt::format("{}", elements * *bytes));
  if (!dtype.empty() && dtype.size() < 40) cells.emplace_back("dtype", dtype);
  cells.emplace_back("buffers", "gpu");
  return cells;
}

std::string copy_op(std::string_view name) {
  if (has(name, "HtoD")) return "memcpy_h2d";
  if (has(name, "DtoH")) return "memcpy_d2h";
  if (has(name, "PtoP")) return "memcpy_p2p";
  return has(name, "DtoD") ? "memcpy_d2d" : "";
}

void read(const Input& input, Sink& sink) {
  Shapes shapes;
  Events first([&](const Event& event, const JsonVisitor&) { shapes.add(event, sink); });
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
  Events second([&](const Event& event, const JsonVisitor& where) {
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
      if (!event.collective.empty()) {
        const auto word = collective_word(event.collective.substr(event.collective.front() == '_' ? 1 : 0));
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

bool looks_like(std::string_view head) {
  const std::string_view text = trimmed(head);
  return (text.starts_with('{') || text.starts_with('[')) &&
         (has(head, "\"traceEvents\"") || (has(head, "\"ph\"") && has(head, "\"ts\"")) ||
          has(head, "\"deviceProperties\""));
}

}  // namespace

const Format kineto{"kineto",
                    "PyTorch profiler traces (Kineto, Chrome JSON, also .gz): kernels with their shapes",
                    looks_like, read};

}  // namespace aifsim::records
