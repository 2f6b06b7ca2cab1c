// Events of a PyTorch profiler's trace (Kineto) one by one, with what our readers take from them.
#pragma once
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/json_walk.hpp"
#include "records/trace_shapes.hpp"

namespace aifsim::records {

// What PyTorch notes about a collective, with the host's operation and with its kernel.
struct KinetoCall {
  std::string name, dtype;  // "_allgather_base", "BFloat16"
  double in_elements = -1, out_elements = -1, group_size = -1;
  std::string group, description;   // "Process Group Name": "3"; "mesh_tp"
  std::vector<std::int64_t> ranks;  // of the group; -1 stands for those that "..." leaves out
  auto operator<=>(const KinetoCall&) const = default;
};

struct KinetoEvent {
  std::string phase, category;
  TracedOp op;                                         // its name is the event's
  double start = NAN;                                  // microseconds; NaN: not told
  double duration = -1, external_id = -1, bytes = -1;  // microseconds; below 0: not told
  double correlation = -1, stream = -1, thread = -1;
  double waits_on_stream = -1, waits_on_record = -1;  // "cuda_sync": the latter a correlation
  std::vector<double> grid, block;
  KinetoCall call;
  std::int64_t device = -1;
  std::optional<Problem> wrong;  // what is wrong in it
};

// "distributedInfo"
struct KinetoJob {
  std::optional<std::int64_t> rank, ranks;
  std::map<std::string, std::vector<std::int64_t>> groups;  // by name
};

class KinetoEvents : public JsonVisitor {
 public:
  using Take = std::function<void(const KinetoEvent&, const JsonVisitor&)>;
  explicit KinetoEvents(Take take) : take_(std::move(take)) {}
  std::size_t events() const { return events_; }
  const std::map<std::int64_t, std::string>& devices() const { return devices_; }  // names by number
  const KinetoJob& job() const { return job_; }
  const std::vector<Problem>& broken() const { return broken_; }

  void begin(const JsonPath& path) override;
  void end(const JsonPath& path) override;
  void value(const JsonPath& path, const JsonScalar& value) override;

 private:
  bool is_event(const JsonPath& path) const;
  bool in_args(const JsonPath& path, std::size_t below) const;
  void of_device(const JsonPath& path, const JsonScalar& value);
  void of_job(const JsonPath& path, const JsonScalar& value);
  void field(const std::string& key, const JsonScalar& value);
  void argument(const std::string& key, const JsonScalar& value);
  void of_call(const std::string& key, const JsonScalar& value);
  void element(const JsonPath& path, const JsonScalar& value);
  double number(const std::string& key, const JsonScalar& value);
  bool goes_on_after(const Problem& problem) override;

  Take take_;
  KinetoEvent event_;
  std::map<std::int64_t, std::string> devices_;
  std::int64_t device_ = 0;
  KinetoJob job_;
  std::string group_;  // of "pg_config", being read
  std::vector<std::int64_t> group_ranks_;
  std::vector<Problem> broken_;
  std::size_t depth_ = 0, events_ = 0;  // keys in the path of an event
};

// Is a file that begins so a trace of the PyTorch profiler?
bool looks_like_kineto(std::string_view head);

}  // namespace aifsim::records
