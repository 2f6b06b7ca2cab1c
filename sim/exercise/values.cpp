#include "exercise/values.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "base/similar_names.hpp"
#include "exercise/expression.hpp"
#include "experiment/experiment.hpp"
#include "report/json.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

void write(const fs::path& file, const std::string& content) {
  AtomicFile out(file);
  out.write(content);
  out.commit();
}

// "time_goes.bubble_s", "links[0].utilisation"
Json::json_pointer pointer_of(const std::string& metric) {
  std::string pointer = "/";
  for (const char c : metric) {
    if (c == '.' || c == '[')
      pointer += '/';
    else if (c != ']')
      pointer += c;
  }
  return Json::json_pointer(pointer);
}

std::string text_at(const Json& point, const char* key) {
  return point[key].is_string() ? point[key].get<std::string>() : "";
}

std::string called(const Json& point) {
  std::string text = text_at(point, "platform");
  for (const char* key : {"variant", "job"})
    if (const std::string part = text_at(point, key); !part.empty())
      text += fmt::format(", {} {}", key, quote(part));
  return fmt::format("{}, gpus {}", text, point["gpus"].get<std::int64_t>());
}

const Json& point_of(const Json& result, const ExerciseValue& value) {
  const Json* found = nullptr;
  std::size_t count = 0;
  std::string all;
  for (const Json& point : result["points"]) {
    all += (all.empty() ? "" : "; ") + called(point);
    const bool fits = (value.platform.empty() || text_at(point, "platform") == value.platform) &&
                      (value.variant.empty() || text_at(point, "variant") == value.variant) &&
                      (value.job.empty() || text_at(point, "job") == value.job) &&
                      (value.gpus == 0 || point["gpus"] == value.gpus);
    if (!fits) continue;
    found = &point;
    ++count;
  }
  if (count != 1)
    throw InputError(value.scenario_place,
                     fmt::format("value {}: {} points of {} are such; its points: {}", quote(value.name),
                                 count == 0 ? std::string("none of the") : std::to_string(count),
                                 quote(value.scenario), all));
  return *found;
}

}  // namespace

// The results of the variant's scenarios and of the student's own.
class ExerciseValues::Runs {
  // Goes with all that is in it.
  class PassingFolder {
   public:
    PassingFolder() {
      std::string pattern = (fs::temp_directory_path() / "aifsim-exercise-XXXXXX").string();
      if (!mkdtemp(pattern.data())) throw unwritable(pattern, errno, "");
      path_ = pattern;
    }
    ~PassingFolder() {
      std::error_code error;
      fs::remove_all(path_, error);
    }
    PassingFolder(const PassingFolder&) = delete;
    PassingFolder& operator=(const PassingFolder&) = delete;
    const fs::path& path() const { return path_; }

   private:
    fs::path path_;
  };

 public:
  Runs(const Catalog& catalog, const ExerciseVariant& variant, fs::path own, std::string version)
      : catalog_(catalog), variant_(variant), own_(std::move(own)), version_(std::move(version)) {}

  const Json& result_of(const ExerciseValue& value) {
    const auto key = std::pair(value.own, value.scenario);
    if (const auto found = results_.find(key); found != results_.end()) return found->second;
    if (!value.own) return results_[key] = run(files() / value.scenario);
    return results_[key] = run(made(value.scenario));
  }

  // A file of the student's.
  fs::path made(const std::string& name) const {
    fs::path file = own_ / name;
    std::error_code error;
    if (!fs::exists(file, error)) throw NotMade(fmt::format("{} is not there yet", file.string()));
    return file;
  }

  // The folder with the variant's files.
  const fs::path& files() {
    if (!written_) {
      for (const auto& [name, content] : scenario_files(variant_)) write(passing_.path() / name, content);
      written_ = true;
    }
    return passing_.path();
  }

  // What is wrong in a file of ours is wrong in the exercise's.
  template <class Work>
  auto told_of_exercise(const Work& work) {
    try {
      return work();
    } catch (const InputError& error) {
      std::vector<Problem> problems = error.problems();
      const std::string passing = passing_.path().string(), home = variant_.file.parent_path().string();
      for (Problem& problem : problems)
        for (std::string* text : {&problem.place.file, &problem.message})
          for (std::size_t at; (at = text->find(passing)) != std::string::npos;)
            text->replace(at, passing.size(), home);
      throw InputError(std::move(problems));
    }
  }

 private:
  Json run(const fs::path& file) {
    return told_of_exercise([&] {
      Store store(passing_.path() / "outcomes");
      const Experiment experiment{.catalog = catalog_,
                                  .scenario_file = file,
                                  .settings = {},
                                  .options = {.other_placements = false, .details = false},
                                  .version = version_};
      return Json::parse(to_json(answer(experiment, store, {})));
    });
  }

  const Catalog& catalog_;
  const ExerciseVariant& variant_;
  fs::path own_;
  std::string version_;
  PassingFolder passing_;
  bool written_ = false;
  std::map<std::pair<bool, std::string>, Json> results_;
};

ExerciseValues::ExerciseValues(const Catalog& catalog, const ExerciseVariant& variant, fs::path own,
                               std::string version)
    : catalog_(catalog),
      variant_(variant),
      numbers_(variant.numbers()),
      runs_(std::make_unique<Runs>(catalog, variant, std::move(own), std::move(version))) {}
ExerciseValues::~ExerciseValues() = default;

double ExerciseValues::operator()(const std::string& expression, const Place& place) {
  return evaluate(expression, place, [&](const std::string& name) { return named(name, place); });
}

double ExerciseValues::named(const std::string& name, const Place& place) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  if (const auto found = numbers_.find(name); found != numbers_.end()) {
    const auto number = number_of(found->second);
    if (!number)
      throw InputError(place, fmt::format("{} is {}, no number", quote(name), quote(found->second)));
    return known_[name] = *number;
  }
  const auto& values = variant_.exercise.values;
  const auto value =
      std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.name == name; });
  if (value == values.end()) {
    std::vector<std::string> there;
    for (const auto& [other, text] : numbers_) there.push_back(other);
    for (const ExerciseValue& other : values) there.push_back(other.name);
    throw InputError(
        place, fmt::format("no value or parameter is called {}{}", quote(name), similar_names(name, there)));
  }
  return known_[name] = value->figure.empty() ? simulated(*value) : figure(*value);
}

double ExerciseValues::simulated(const ExerciseValue& value) {
  const Json& point = point_of(runs_->result_of(value), value);
  const std::string problem = text_at(point, "problem");
  if (value.metric == "answered") return problem.empty() ? 1 : 0;
  const Json::json_pointer pointer = pointer_of(value.metric);
  if (!problem.empty()) throw NoAnswer(problem);
  if (!point.contains(pointer) || !point[pointer].is_number()) {
    std::vector<std::string> there;
    for (const auto& [key, part] : point.items()) {
      if (part.is_number()) there.push_back(key);
      if (part.is_object())
        for (const auto& [inner, number] : part.items())
          if (number.is_number()) there.push_back(fmt::format("{}.{}", key, inner));
    }
    throw InputError(value.metric_place,
                     fmt::format("value {}: this point has no metric {}{}", quote(value.name),
                                 quote(value.metric), similar_names(value.metric, there)));
  }
  return point[pointer].get<double>();
}

double ExerciseValues::figure(const ExerciseValue& value) {
  const CatalogKind kind = value.gpu.empty() ? CatalogKind::platform : CatalogKind::gpu;
  const std::string& name = value.gpu.empty() ? value.platform : value.gpu;
  const auto& files = variant_.exercise.files;
  const bool ours = std::find(files.begin(), files.end(), name) != files.end();
  const std::vector<FigureRow> rows = runs_->told_of_exercise([&] {
    if (value.own) return catalog_.figures(runs_->made(name));
    return catalog_.figures(ours ? runs_->files() / name : catalog_.path(kind, name, value.figure_place));
  });
  std::vector<std::string> there;
  for (const FigureRow& row : rows) {
    there.push_back(row.path);
    if (row.path != value.figure) continue;
    if (const auto number = number_of(row.value)) return *number;
    throw InputError(value.figure_place, fmt::format("value {}: {} of {} is {}, no number", quote(value.name),
                                                     value.figure, name, quote(row.value)));
  }
  throw InputError(value.figure_place, fmt::format("value {}: {} has no figure {}{}", quote(value.name), name,
                                                   quote(value.figure), similar_names(value.figure, there)));
}

std::vector<Problem> problems_of_exercise(const Catalog& catalog, const fs::path& file) {
  std::vector<Problem> problems;
  const auto collect = [&](const auto& work) {
    try {
      work();
    } catch (const InputError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  };
  const ExerciseVariant variant = variant_of(catalog, fs::absolute(file).string(), 1);
  collect([&] { scenario_files(variant); });
  std::vector<std::string> names;
  for (const auto& [name, value] : variant.numbers()) names.push_back(name);
  for (const ExerciseValue& value : variant.exercise.values) names.push_back(value.name);
  const auto check = [&](const std::string& expression, const Place& place) {
    collect([&] {
      evaluate(expression, place, [&](const std::string& name) -> double {
        if (std::find(names.begin(), names.end(), name) == names.end())
          throw InputError(place, fmt::format("no value or parameter is called {}{}", quote(name),
                                              similar_names(name, names)));
        return 1;
      });
    });
  };
  for (const ExerciseQuestion& question : variant.exercise.questions) {
    if (question.number) check(question.number->answer, question.number->answer_place);
    for (const ExerciseOption& option : question.choice) check(option.when, option.when_place);
    if (!question.entry) continue;
    check(question.entry->score, question.entry->score_place);
    for (const ExerciseRule& rule : question.entry->rules) check(rule.rule, rule.rule_place);
  }
  return problems;
}

}  // namespace aifsim
