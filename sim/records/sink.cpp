#include "records/sink.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"
#include "catalog/device_names.hpp"
#include "catalog/partitions.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kReasons = 64, kNotes = 16;  // a broken file must not fill the memory with messages

void count(std::map<std::string, std::size_t>& counts, const std::string& key, std::size_t times,
           const char* otherwise) {
  const bool full = counts.size() >= kReasons && counts.find(key) == counts.end();
  counts[full ? otherwise : key] += times;
}

}  // namespace

Sink::Sink(const Given& given, const Catalog* catalog, std::function<void(const RecordRow&)> take)
    : given_(given), catalog_(catalog), take_(std::move(take)) {}

void Sink::row(RecordRow row) {
  const auto cell = [&](std::string_view column) -> const std::string* {
    for (const auto& [name, value] : row.cells())
      if (name == column) return &value;
    return nullptr;
  };
  const auto fill = [&](const char* column, const std::string& value) {
    if (!value.empty() && !cell(column)) row.set(column, value);
  };
  fill("gpu", given_.gpu);
  fill("platform", given_.platform);
  fill("software", given_.software);
  const std::string* op = cell("op");
  count(ops_, op ? *op : "", 1, "other operations");
  ++rows_;
  take_(row);
}

void Sink::training(RecordRow row) {
  count(ops_, "training_step", 1, "");
  ++rows_;
  take_(row);
}

void Sink::complete_from_platform(std::map<std::string, std::string>& cells) const {
  const std::string& platform = cells["platform"];
  if (!catalog_ || platform.empty()) return;
  const std::vector<std::string> names = catalog_->names(CatalogKind::platform);
  if (std::find(names.begin(), names.end(), split_platform_name(platform).platform) == names.end()) return;
  const NodeDescription node = catalog_->platform(platform).node;
  if (cells["gpu"].empty()) cells["gpu"] = node.gpu;
  if (cells["gpus_per_node"].empty()) cells["gpus_per_node"] = fmt::format("{}", node.gpus.value);
}

void Sink::skip(const std::string& reason, std::size_t times) {
  if (times) count(skipped_, reason, times, "other reasons");
}

void Sink::skip(const std::string& reason, const Place& place) { skip(reason, Problem{place, ""}); }

void Sink::skip(const std::string& reason, const Problem& problem) {
  skip(reason);
  if (skipped_.count(reason)) first_skipped_.emplace(reason, problem);
}

void Sink::note(const std::string& text) {
  if (notes_.size() < kNotes && std::find(notes_.begin(), notes_.end(), text) == notes_.end())
    notes_.push_back(text);
}

void Sink::fact(const std::string& key, const std::string& value) {
  const auto same = [&](const auto& fact) { return fact.first == key; };
  if (facts_.size() < kReasons && std::none_of(facts_.begin(), facts_.end(), same))
    facts_.emplace_back(key, value);
}

std::string Sink::gpu_of(std::string_view device) {
  if (!given_.gpu.empty() || device.empty()) return given_.gpu;
  if (const auto known = devices_.find(device); known != devices_.end()) return known->second;
  const auto gpu = catalog_ ? gpu_of_device(device, catalog_->search()) : std::nullopt;
  if (!gpu && catalog_)
    note(fmt::format("the device {} is not known here; give --gpu NAME (aifsim list gpus)", quote(device)));
  const std::string name = gpu.value_or(std::string(device));
  if (devices_.size() < kReasons) devices_.emplace(device, name);
  return name;
}

std::string Sink::platform_for(std::string_view gpu) {
  if (!given_.platform.empty()) return given_.platform;
  const auto usual = catalog_ ? usual_platform_of(gpu, catalog_->search()) : std::nullopt;
  if (!usual) return "";
  note(fmt::format("platform {}: the usual one of the GPU {}; --platform names another", *usual, gpu));
  return *usual;
}

}  // namespace aifsim::records
