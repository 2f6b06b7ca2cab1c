#include "records/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "base/atomic_file.hpp"
#include "base/csv.hpp"
#include "base/nearest_word.hpp"
#include "catalog/hf_config.hpp"
#include "records/lines.hpp"
#include "records/machine_part.hpp"
#include "records/refusal.hpp"

namespace aifsim::records {
namespace {

std::string format_names() {
  std::string names;
  for (const Format& format : formats()) names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

// A model's configuration holds no measurements; people try it all the same.
void refuse_model_configuration(const Input& input, const std::string& head) {
  if (!head.starts_with('{') || (!holds(head, "\"model_type\"") && !holds(head, "\"architectures\""))) return;
  std::optional<Problem> problem;
  try {
    std::vector<Problem> ignored;
    int nodes = 100'000;
    problem = catalog::hugging_face_config(catalog::parse_yaml(head, input.name(), nodes, ignored));
  } catch (const InputError&) {  // no whole JSON value: not such a file
  }
  if (problem) throw InputError({std::move(*problem)});
}

// A table of another separator, told as what it is.
void refuse_other_separators(const Input& input, const std::string& head) {
  for (const char separator : {';', '\t'}) {
    std::string commas = head;
    std::replace(commas.begin(), commas.end(), separator, ',');
    if (const Format* format = recognise(commas)) {
      std::istringstream table(head);
      int before = 0;
      read_metadata(table, before);
      const CsvReader refuses_the_header(table, input.name(), before);
      throw InputError(Place{input.name()}, fmt::format("this looks like {} with '{}' where commas should be",
                                                        format->name, separator));
    }
  }
}

// Of a record's header, what `validate` and `calibrate` ask of every record, and of the table of training runs what
// the user may have to fill in.
std::set<std::string> columns_always(bool training) {
  if (!training) return {"gpu", "op", "dtype", "time_us"};
  return {"id",           "platform",    "gpu",      "gpus",  "gpus_per_node", "params_b",  "layers",
          "hidden",       "heads",       "kv_heads", "vocab", "ffn_hidden",    "seq_len",   "precision",
          "global_batch", "micro_batch", "tp",       "pp",    "sharding",      "recompute", "step_time_s"};
}

// The rows, as they come, in a file without a name beside `out`.
class Rows {
 public:
  Rows(const std::filesystem::path& out, bool training)
      : out_(out),
        training_(training),
        columns_(training ? training_columns() : record_columns()),
        rows_(out),
        writer_(rows_.stream(), {}, {}, columns_),
        used_(columns_always(training)) {}
  void take(RecordRow row) {
    if (training_) row = with_own_id(row);
    for (const auto& [column, value] : row.cells())
      if (!value.empty()) used_.insert(column);
    writer_.write(row);
  }
  void copy_to(std::ostream& out, const Metadata& metadata) {
    const auto in = rows_.written();
    CsvReader table(*in, out_.string());
    if (!training_ && used_.count("ranks"))
      used_.insert({"platform", "ranks_per_node", "message_bytes", "algorithm", "software"});
    const std::vector<std::string> columns(used_.begin(), used_.end());
    RecordWriter writer(out, metadata, columns, columns_);
    while (table.next()) {
      RecordRow row;
      for (const std::string& column : columns) row.set(column, table.cell(column));
      writer.write(row);
    }
  }

 private:
  // Files of one name in several folders would give rows of one id.
  RecordRow with_own_id(const RecordRow& row) {
    RecordRow out;
    for (const auto& [column, value] : row.cells()) {
      std::string text = value;
      for (int n = 2; column == "id" && !ids_.insert(text).second; ++n) text = fmt::format("{}-{}", value, n);
      out.set(column, text);
    }
    return out;
  }
  std::filesystem::path out_;
  bool training_;
  const std::vector<std::string>& columns_;
  AtomicFile rows_;
  RecordWriter writer_;
  std::set<std::string> used_, ids_;
};

// "3: REASON (the first: FILE:LINE:COLUMN: what is wrong)"
std::string skipped_text(const FileSummary& f, const std::string& reason, std::size_t count) {
  std::string text = fmt::format("{}: {}", count, reason);
  if (const auto first = f.first.find(reason); first != f.first.end()) {
    const Problem& p = first->second;
    text += fmt::format(" (the first: {})", p.message.empty() ? p.place.str() : p.str());
  }
  return text;
}

// The format of each file. Training runs and measurements have tables of their own.
std::vector<const Format*> formats_of(const Request& request) {
  std::vector<const Format*> all;
  for (const Input& input : request.files) {
    all.push_back(&format_of(input, request.format));
    if (all.back()->training != all.front()->training)
      throw InputError(
          Place{input.name()},
          fmt::format("{} has {}, and {} before it has {}: import them into two tables", all.back()->name,
                      all.back()->training ? "training runs" : "measurements", all.front()->name,
                      all.front()->training ? "training runs" : "measurements"));
  }
  if (!all.empty() && !all.front()->training && !request.given.columns.empty())
    throw InputError(Place{},
                     fmt::format("--set fills columns of training runs, but this is {}", all.front()->name));
  return all;
}

void append(Metadata& into, const Metadata& more) {
  for (const auto& fact : more)
    if (std::find(into.begin(), into.end(), fact) == into.end()) into.push_back(fact);
}

}  // namespace

const Format& format_of(const Input& input, const std::string& asked) {
  if (const auto advice = advice_for(input.name(), input.first_bytes()))
    throw InputError(Place{input.name()}, *advice);
  const std::string head = input.head();
  if (head.empty()) throw InputError(Place{input.name()}, "the file is empty");
  refuse_model_configuration(input, head);
  const Format* seen = recognise(head);
  if (asked == "auto") {
    if (seen) return *seen;
    refuse_other_separators(input, head);
    throw InputError(Place{input.name()}, refusal(input, head));
  }
  const auto named =
      std::find_if(formats().begin(), formats().end(), [&](const Format& f) { return f.name == asked; });
  if (named == formats().end())
    throw InputError(Place{input.name()}, fmt::format("unknown format {}; known: {}", asked, format_names()));
  for (const TopologyFormat& topology : topologies())
    if (!seen && topology.looks_like(head) && !named->looks_like(head))
      throw InputError(Place{input.name()},
                       fmt::format("not of the format {0}: this looks like {1}; use `aifsim import {1}`",
                                   asked, topology.name));
  if (seen && seen != &*named && !named->looks_like(head))
    throw InputError(Place{input.name()},
                     fmt::format("not of the format {0}: this looks like {1}; use `aifsim import {1}`", asked,
                                 seen->name));
  return *named;  // even if it does not look so: its reader tells what is missing, and where
}

Summary import_files(const Request& request, const Catalog* catalog) {
  const std::vector<const Format*> formats = formats_of(request);
  AtomicFile file(request.out);
  Rows rows(request.out, !formats.empty() && formats.front()->training);
  Summary summary;
  Metadata facts;
  for (std::size_t i = 0; i < request.files.size(); ++i) {
    const Input& input = request.files[i];
    const Format& format = *formats[i];
    Sink sink(request.given, catalog, [&](const RecordRow& row) { rows.take(row); });
    sink.check_by(request.check);
    format.read(input, sink);
    summary.files.push_back({input.name(), format.name, sink.rows(), sink.skipped(), sink.first_skipped(),
                             input.cleaning().stripped});
    if (const std::string& encoding = input.cleaning().encoding; !encoding.empty())
      sink.note(fmt::format("text in {}, read as UTF-8", encoding));
    if (const std::string& repaired = input.cleaning().repaired; !repaired.empty()) sink.note(repaired);
    summary.rows += sink.rows();
    for (const auto& [op, count] : sink.ops()) summary.ops[op] += count;
    for (const std::string& note : sink.notes())
      if (std::find(summary.notes.begin(), summary.notes.end(), note) == summary.notes.end())
        summary.notes.push_back(note);
    append(facts, sink.facts());
  }
  if (summary.rows == 0) {
    std::vector<Problem> problems;
    for (const FileSummary& f : summary.files) {
      std::string why = "nothing that a record can hold";
      for (const auto& [reason, count] : f.skipped) why += "; left out " + skipped_text(f, reason, count);
      // Where rows are wrong, the first of them is what the user looks for.
      Place place{f.file};
      for (const auto& [reason, problem] : f.first)
        if (!problem.message.empty() && place.line == 0) {
          place = problem.place;
          why = problem.message + "; " + why;
        }
      problems.push_back({place, why});
    }
    throw InputError(std::move(problems));
  }
  Metadata metadata;
  for (const FileSummary& f : summary.files) {
    metadata.emplace_back("imported",
                          fmt::format("{} ({}, {} row{})", std::filesystem::path(f.file).filename().string(),
                                      f.format, f.rows, f.rows == 1 ? "" : "s"));
    for (const auto& [reason, count] : f.skipped)
      metadata.emplace_back("left out", skipped_text(f, reason, count));
    for (const auto& [what, count] : f.stripped)
      metadata.emplace_back("taken off", fmt::format("{} lines: {}", count, what));
  }
  append(metadata, facts);
  for (const std::string& note : summary.notes) metadata.emplace_back("note", note);
  rows.copy_to(file.stream(), metadata);
  file.commit();
  return summary;
}

std::string summary_text(const Summary& summary, const std::filesystem::path& out) {
  std::string text;
  for (const FileSummary& f : summary.files) {
    text += fmt::format("{} ({}): {} row{}\n", f.file, f.format, f.rows, f.rows == 1 ? "" : "s");
    for (const auto& [reason, count] : f.skipped)
      text += "  left out " + skipped_text(f, reason, count) + '\n';
    for (const auto& [what, count] : f.stripped)
      text += fmt::format("  taken off {} lines: {}\n", count, what);
  }
  text += "operations:";
  const char* comma = " ";
  for (const auto& [op, count] : summary.ops) {
    text += fmt::format("{}{} {}", comma, count, op);
    comma = ", ";
  }
  text += '\n';
  for (const std::string& note : summary.notes) text += "note: " + note + '\n';
  return text +
         fmt::format("written: {} ({} row{})\n", out.string(), summary.rows, summary.rows == 1 ? "" : "s");
}

std::string summary_json(const Summary& summary, const std::filesystem::path& out) {
  nlohmann::ordered_json json;
  json["record"] = out.string();
  json["rows"] = summary.rows;
  json["operations"] = nlohmann::ordered_json::object();
  for (const auto& [op, count] : summary.ops) json["operations"][op] = count;
  json["files"] = nlohmann::ordered_json::array();
  for (const FileSummary& f : summary.files) {
    nlohmann::ordered_json skipped = nlohmann::ordered_json::object();
    for (const auto& [reason, count] : f.skipped) skipped[reason] = count;
    nlohmann::ordered_json first = nlohmann::ordered_json::object();
    for (const auto& [reason, problem] : f.first)
      first[reason] = problem.message.empty() ? problem.place.str() : problem.str();
    json["files"].push_back({{"file", f.file},
                             {"format", f.format},
                             {"rows", f.rows},
                             {"left_out", skipped},
                             {"first_left_out", first},
                             {"taken_off", f.stripped}});
  }
  json["notes"] = summary.notes;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace aifsim::records
