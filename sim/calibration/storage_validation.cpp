#include "calibration/storage_validation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "base/ascii.hpp"
#include "base/quote.hpp"
#include "base/statistics.hpp"
#include "calibration/storage_hardware.hpp"
#include "catalog/known_storage.hpp"
#include "lowering/storage/storage.hpp"
#include "records/storage_rows.hpp"

namespace aifsim {
namespace {

constexpr double gibibyte = 1024.0 * 1024 * 1024;
constexpr const char* no_hardware =
    "the submission does not say what hardware it is, or nothing of the catalogue is called so";

// A row with what a fit needs: prediction and constant are each other's inverse, within one `constant` (a class).
struct StorageCase {
  ValidatedRow row;
  std::string constant;  // "": none is fitted to it
  double implied = 0;
  std::function<double(double)> with;
};

class StorageCases {
 public:
  StorageCases(const Catalog& catalog, std::istream& in, const std::string& name, const std::string& by,
               bool assume_one)
      : assume_one_(assume_one), known_(known_storage(catalog)), table_(read_storage_table(in, name)) {
    std::istringstream parts(by);
    for (std::string part; std::getline(parts, part, ',');) by_.push_back(part);
    for (const std::string& part : by_)
      if (part != "workload" && part != "hardware" &&
          std::find(table_.columns.begin(), table_.columns.end(), part) == table_.columns.end())
        throw InputError(Place{},
                         fmt::format("--by, --leave-out: expected columns of the table ({}), workload or "
                                     "hardware, found {}",
                                     fmt::join(table_.columns, ", "), quote(part)));
    if (!table_.io500) jobs_ = catalog.scenario(catalog.path(CatalogKind::scenario, "mlperf-storage")).jobs;
    for (const StorageRow& row : table_.rows) table_.io500 ? add_io500(row) : add_mlperf(row);
  }

  std::vector<StorageCase> cases;
  Validation finished() const {
    std::vector<ValidatedRow> rows;
    for (const StorageCase& one : cases) rows.push_back(one.row);
    Validation result = summarise(std::move(rows));
    result.quantity = "rate";
    result.unit = table_.io500 ? "GiB/s" : "samples/s";
    return result;
  }

 private:
  StorageCase described(const StorageRow& row, const std::string& id, const std::string& workload,
                        const NamedHardware& hardware) const {
    StorageCase one;
    one.row.id = fmt::format("{} {}", row.line, id);
    std::vector<std::string> group;
    for (const std::string& part : by_)
      group.push_back(part == "workload"   ? workload
                      : part == "hardware" ? hardware.str()
                                           : row.cells.at(part));
    one.row.group = fmt::format("{}", fmt::join(group, ", "));
    if (row.repeats > 0) one.row.unsupported = fmt::format("the same figures as in line {}", row.repeats);
    return one;
  }

  void add_mlperf(const StorageRow& row) {
    const std::string &model = row.cells.at("model"), &accelerator = row.cells.at("accelerator"),
                      &system = row.cells.at("system");
    const NamedHardware hardware = hardware_named(system, known_.tiers);
    StorageCase one = described(row, system, model + " " + accelerator, hardware);
    one.row.measured = row.samples_per_s;
    const std::string called = model + "_" + accelerator;
    const auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const JobDescription& j) {
      return j.name == called && j.storage && j.storage->samples > 0;
    });
    std::string& reason = one.row.unsupported;
    if (reason.empty() && job == jobs_.end())
      reason = fmt::format("the scenario mlperf-storage has no job {}", called);
    if (reason.empty() && !hardware.says()) reason = no_hardware;
    if (reason.empty()) {
      predict_mlperf(*job->storage, hardware, row, one);
      one.constant = model;
    }
    cases.push_back(std::move(one));
  }

  static void predict_mlperf(const StorageJobDescription& job, const NamedHardware& hardware,
                             const StorageRow& row, StorageCase& one) {
    const auto n = static_cast<double>(row.accelerators);
    BytesPerSecond most{INFINITY};
    if (hardware.nics > 0) most = hardware.nic * (hardware.nics * std::max(hardware.clients, 1.0));
    if (hardware.tier && (hardware.units_said || !hardware.tier->appliance))
      most = std::min(most, tier_rate(*hardware.tier, false) * hardware.units);
    const Seconds delivered = job.bytes * n / most;
    one.with = [=, count = row.accelerators](double straggle) {
      StorageJobDescription changed = job;
      changed.straggle = straggle;
      return n * job.samples / std::max(unhindered_step(changed, count), delivered).value;
    };
    const double step = n * job.samples / row.samples_per_s;
    one.implied = std::max(0.0, (step - job.compute.value - job.host.value) /
                                    (job.compute.value * harmonic_number(row.accelerators)));
    one.row.predicted = one.with(job.straggle);
    one.row.control = n * job.samples / job.compute.value;
  }

  void add_io500(const StorageRow& row) {
    const std::string names = row.cells.at("system") + " " + row.cells.at("filesystem"),
                      &submission = row.cells.at("submission");
    const NamedHardware hardware = hardware_named(names, known_.tiers);
    const FileSystemDescription* software =
        hardware.tier ? file_system_of(known_.file_systems, hardware.tier->software)
                      : software_named(row.cells.at("filesystem"), row.cells.at("system"));
    for (std::size_t i = 0; i < io500_phases.size(); ++i) {
      const bool write = i % 2 == 1, hard = i >= 2;
      StorageCase one =
          described(row, fmt::format("{} {} {}", submission, row.cells.at("system"), io500_phases[i]),
                    io500_phases[i], hardware);
      one.row.measured = row.phases[i].value_or(kNoFigure);
      if (!row.phases[i]) one.row.unsupported = "the submission has no figure";
      if (one.row.unsupported.empty() && hard && software && row.phases[i - 2]) {
        one.constant = fmt::format("{} {}", software->name, io500_phases[i]);
        one.implied = *row.phases[i] / *row.phases[i - 2];
        one.with = [easy = *row.phases[i - 2]](double share) { return easy * share; };
      }
      if (one.row.unsupported.empty()) predict_io500(hardware, software, submission, write, hard, one.row);
      cases.push_back(std::move(one));
    }
  }

  void predict_io500(const NamedHardware& hardware, const FileSystemDescription* software,
                     const std::string& submission, bool write, bool hard, ValidatedRow& row) const {
    if (!hardware.tier) {
      row.unsupported = no_hardware;
      return;
    }
    if (hardware.tier->appliance && !hardware.units_said && !assume_one_) {
      row.unsupported =
          fmt::format("the submission does not say how many {} it has", hardware.tier->known_as.front());
      return;
    }
    const Figure<BytesPerSecond>& figure = write ? hardware.tier->write : hardware.tier->read;
    if (!hard && says_submission(figure.source, submission)) {
      row.unsupported = "given: the catalogue has its figure from this submission";
      return;
    }
    if (hard && !software) {
      row.unsupported = "the catalogue does not say the software of " + hardware.tier->known_as.front();
      return;
    }
    row.control = figure->value * hardware.units / gibibyte;
    row.predicted = tier_rate(*hardware.tier, write).value * hardware.units / gibibyte *
                    (hard ? shared_share(*software, write) : 1);
  }

  // "submission-645" in "IO500 submission 645 of 2023".
  static bool says_submission(const std::string& source, std::string submission) {
    std::replace(submission.begin(), submission.end(), '-', ' ');
    const std::size_t at = source.find(submission);
    return at != std::string::npos &&
           (at + submission.size() == source.size() || !is_digit(source[at + submission.size()]));
  }

  // The column of the file system says it, or else that of the system.
  const FileSystemDescription* software_named(const std::string& filesystem,
                                              const std::string& system) const {
    for (const std::string& text : {filesystem, system})
      for (const FileSystemDescription& one : known_.file_systems)
        for (const std::string& word : one.known_as)
          if (find_words(name_words(text), name_words(word)) != std::string::npos) return &one;
    return nullptr;
  }

  bool assume_one_;
  KnownStorage known_;
  StorageTable table_;
  std::vector<JobDescription> jobs_;
  std::vector<std::string> by_;
};

}  // namespace

Validation validate_storage(const Catalog& catalog, std::istream& in, const std::string& name,
                            const std::string& by, bool assume_one) {
  return StorageCases(catalog, in, name, by, assume_one).finished();
}

Validation validate_storage_left_out(const Catalog& catalog, std::istream& in, const std::string& name,
                                     const std::string& by) {
  StorageCases all(catalog, in, name, by, false);
  for (StorageCase& one : all.cases) {
    one.row.predicted = kNoFigure;
    if (one.constant.empty()) {
      if (one.row.unsupported.empty()) one.row.unsupported = "no constant is fitted to it";
      continue;
    }
    const std::string phase = one.constant.substr(std::min(one.constant.find(' '), one.constant.size()));
    std::vector<double> own, alike;
    for (const StorageCase& other : all.cases) {
      if (other.constant.empty() || other.row.group == one.row.group) continue;
      if (other.constant == one.constant) own.push_back(other.implied);
      if (other.constant.ends_with(phase)) alike.push_back(other.implied);
    }
    one.row.unsupported = own.size() < 3 ? kNotLeftOut : "";
    if (own.size() >= 3) one.row.predicted = one.with(median(own));
    if (!phase.empty() && !alike.empty()) one.row.control = one.with(median(alike));
  }
  return all.finished();
}

}  // namespace aifsim
