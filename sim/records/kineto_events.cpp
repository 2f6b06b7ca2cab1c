#include "records/kineto_events.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "records/lines.hpp"
#include "records/names.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kInputs = 64, kDims = 16, kMostTraceDevices = 1024, kBroken = 1000, kRanks = 1 << 20,
                      kMostProcessGroups = 65'536;
constexpr std::int64_t kLargest = 1'000'000'000;  // of ranks

std::optional<std::int64_t> whole(const JsonScalar& value) {
  const auto number = number_in(value);
  if (!number || *number < 0 || *number > static_cast<double>(kLargest) || *number != std::floor(*number))
    return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

// "[0, 1, ..., 7]"
std::vector<std::int64_t> ranks_in(std::string_view text) {
  std::vector<std::int64_t> ranks;
  for (std::size_t at = 0; at < text.size() && ranks.size() < kRanks;) {
    if (text.substr(at).starts_with("...")) {
      ranks.push_back(-1);
      at += 3;
      continue;
    }
    std::int64_t rank = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), rank);
    if (error != std::errc::invalid_argument && rank >= 0)
      ranks.push_back(error == std::errc() && rank <= kLargest ? rank : -1);
    at = std::max(at + 1, static_cast<std::size_t>(end - text.data()));
  }
  return ranks;
}

}  // namespace

void KinetoEvents::begin(const JsonPath& path) {
  if (path.empty()) return;
  if (depth_ == 0 && path.size() == 1 && path[0].empty()) depth_ = 1;  // a list alone
  if (path.size() == 2 && path[0] == "traceEvents") depth_ = 2;
  if (is_event(path)) event_ = {};
  if (path.size() == 2 && path[0] == "deviceProperties") device_ = static_cast<std::int64_t>(devices_.size());
  if (path.size() == 3 && path[1] == "pg_config") {
    group_.clear();
    group_ranks_.clear();
  }
  if (in_args(path, 3) && path[depth_ + 1] == "Input Dims" && event_.op.dims.size() < kInputs)
    event_.op.dims.emplace_back();
}

void KinetoEvents::end(const JsonPath& path) {
  if (path.size() == 3 && path[0] == "distributedInfo" && path[1] == "pg_config" && !group_ranks_.empty() &&
      job_.groups.size() < kMostProcessGroups)
    job_.groups[group_] = std::move(group_ranks_);
  if (!is_event(path)) return;
  ++events_;
  // The visitor knows the place: to count its lines for each event would cost more than all else.
  take_(event_, *this);
}

void KinetoEvents::value(const JsonPath& path, const JsonScalar& value) {
  if (path.empty()) return;
  if (path[0] == "deviceProperties") of_device(path, value);
  if (path[0] == "distributedInfo") of_job(path, value);
  if (depth_ == 0 || path.size() <= depth_ || (depth_ == 2 && path[0] != "traceEvents")) return;
  if (path.size() == depth_ + 1) {
    field(path[depth_], value);
  } else if (path[depth_] == "args" && path.size() == depth_ + 2) {
    argument(path[depth_ + 1], value);
  } else if (path[depth_] == "args") {
    element(path, value);
  }
}

bool KinetoEvents::is_event(const JsonPath& path) const {
  return depth_ > 0 && path.size() == depth_ && (depth_ == 1 || path[0] == "traceEvents");
}

// Inside "args" of an event, `below` levels below the event.
bool KinetoEvents::in_args(const JsonPath& path, std::size_t below) const {
  return depth_ > 0 && path.size() == depth_ + below && path[depth_] == "args" &&
         (depth_ == 1 || path[0] == "traceEvents");
}

void KinetoEvents::of_device(const JsonPath& path, const JsonScalar& value) {
  if (path.size() != 3) return;
  const std::string* text = text_in(value);
  const auto id = number_in(value);
  if (path[2] == "id" && id && std::abs(*id) < 1e6) device_ = static_cast<std::int64_t>(*id);
  if (path[2] == "name" && text && devices_.size() < kMostTraceDevices) devices_[device_] = *text;
}

void KinetoEvents::of_job(const JsonPath& path, const JsonScalar& value) {
  if (path.size() == 2 && path[1] == "rank") job_.rank = whole(value);
  if (path.size() == 2 && path[1] == "world_size") job_.ranks = whole(value);
  if (path.size() < 4 || path[1] != "pg_config") return;
  const std::string* text = text_in(value);
  if (path[3] == "pg_name" && text) group_ = *text;
  if (path[3] != "ranks" || group_ranks_.size() >= kRanks) return;
  if (path.size() == 4 && text) group_ranks_ = ranks_in(*text);
  if (path.size() == 5) group_ranks_.push_back(whole(value).value_or(-1));
}

void KinetoEvents::field(const std::string& key, const JsonScalar& value) {
  const std::string* text = text_in(value);
  if (key == "ph" && text) event_.phase = *text;
  if (key == "cat" && text) event_.category = lower(*text);
  if (key == "name" && text) event_.op.name = *text;
  if (key == "ts") event_.start = number_in(value).value_or(NAN);
  if (key == "dur") event_.duration = number(key, value);
  if (key == "tid") event_.thread = number_in(value).value_or(-1);  // a text for what is no thread
}

void KinetoEvents::argument(const std::string& key, const JsonScalar& value) {
  if (key == "External id" || key == "external id") event_.external_id = number(key, value);
  if (key == "device") {
    const auto id = number_in(value);
    if (id && *id >= 0 && *id < 1e6) event_.device = static_cast<std::int64_t>(*id);
  }
  if (key == "bytes") event_.bytes = number(key, value);
  if (key == "correlation") event_.correlation = number_in(value).value_or(-1);
  if (key == "stream") event_.stream = number_in(value).value_or(-1);
  if (key == "wait_on_stream") event_.waits_on_stream = number_in(value).value_or(-1);
  if (key == "wait_on_cuda_event_record_corr_id") event_.waits_on_record = number_in(value).value_or(-1);
  of_call(key, value);
}

void KinetoEvents::of_call(const std::string& key, const JsonScalar& value) {
  const std::string* text = text_in(value);
  KinetoCall& call = event_.call;
  if (key == "Collective name" && text) call.name = *text;
  if (key == "dtype" && text) call.dtype = *text;
  if (key == "In msg nelems") call.in_elements = number(key, value);
  if (key == "Out msg nelems") call.out_elements = number(key, value);
  if (key == "Group size") call.group_size = number(key, value);
  if (key == "Process Group Name" && text) call.group = *text;
  if (key == "Process Group Description" && text) call.description = *text;
  if (key == "Process Group Ranks" && text) call.ranks = ranks_in(*text);
}

void KinetoEvents::element(const JsonPath& path, const JsonScalar& value) {
  const std::string& list = path[depth_ + 1];
  const std::string* text = text_in(value);
  if (path.size() == depth_ + 3) {
    if (list == "grid" && event_.grid.size() < 3) event_.grid.push_back(number(list, value));
    if (list == "block" && event_.block.size() < 3) event_.block.push_back(number(list, value));
    if (list == "Input type" && event_.op.types.size() < kInputs)
      event_.op.types.push_back(text ? *text : "");
    if (list == "Concrete Inputs" && event_.op.values.size() < kInputs)
      event_.op.values.push_back(text ? text->substr(0, 40) : "");
    if (list == "Process Group Ranks" && event_.call.ranks.size() < kRanks)
      event_.call.ranks.push_back(whole(value).value_or(-1));
  } else if (path.size() == depth_ + 4 && list == "Input Dims" && !event_.op.dims.empty()) {
    auto& dims = event_.op.dims.back();
    const double d = number(list, value);
    if (dims.size() < kDims) dims.push_back(d >= 0 && d < 1e15 ? static_cast<std::int64_t>(d) : -1);
  }
}

double KinetoEvents::number(const std::string& key, const JsonScalar& value) {
  if (const auto number = number_in(value)) return *number;
  if (!event_.wrong) event_.wrong = Problem{place(), fmt::format("\"{}\": expected a number", key)};
  return -1;
}

bool KinetoEvents::goes_on_after(const Problem& problem) {
  if (depth_ == 0) return false;  // no event yet: this is something else
  broken_.push_back(problem);
  if (broken_.size() > kBroken) return false;
  event_ = {};
  depth_ = 2;
  return true;
}

bool looks_like_kineto(std::string_view head) {
  const std::string_view text = trimmed(head);
  return (text.starts_with('{') || text.starts_with('[')) &&
         (holds(head, "\"traceEvents\"") || (holds(head, "\"ph\"") && holds(head, "\"ts\"")) ||
          holds(head, "\"deviceProperties\""));
}

}  // namespace aifsim::records
