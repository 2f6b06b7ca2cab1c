#include "calibration/platform_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "calibration/constants_file.hpp"
#include "calibration/library_model.hpp"

namespace aifsim {
namespace {

std::string control_text(const AlphaBeta& law) {
  return fmt::format("{{alpha: {}, beta: {}}}", value_text(ModelUnit::seconds, law.alpha),
                     value_text(ModelUnit::bandwidth, law.beta));
}

using Names = std::vector<std::pair<std::string, std::string>>;

// Entries of a list of models, each with the keys that tell it from the others.
template <class T, class NamesOf>
void put_list(ConstantsFile& file, const std::string& key, const std::vector<T>& models,
              const FitOptions& options, NamesOf names_of) {
  if (models.empty()) return;
  std::string lines = key + ":\n";
  for (const T& model : models) {
    // A block that this fit has not touched keeps its source.
    const bool kept = model.fit.date != options.date && !model.fit.spread.source.empty();
    WrittenBlock block{.names = names_of(model),
                       .source = kept ? model.fit.spread.source : options.source,
                       .fit = &model.fit};
    for (const ModelConstant<T>& c : model_constants<T>())
      block.constants.emplace_back(c.key, value_text(c.unit, model.*c.member));
    block.constants.emplace_back("control", control_text(model.control));
    lines += item_of(block);
  }
  file.put("collectives", {key}, lines, ConstantsFile::At::end);
}

std::string list_of(const std::set<Sharding>& shardings) {
  std::vector<std::string_view> words;
  for (const Sharding s : shardings) words.push_back(catalog::word_of(s));
  return fmt::format("[{}]", fmt::join(words, ", "));
}

const FittedBlock* fitted_block(const FitReport& report, const std::string& name) {
  for (const FittedBlock& block : report.blocks)
    if (block.block == name && block.problem.empty()) return &block;
  return nullptr;
}

std::string training_source(const FitOptions& options) {
  return fmt::format("fitted by `aifsim calibrate training` ({}) on {}", options.date, options.source);
}

}  // namespace

std::string collectives_file(const CollectiveCalibration& calibration, const FitOptions& options) {
  ConstantsFile file("kind: platform\n");
  if (const FittedBlock* library = fitted_block(calibration.report, "library")) {
    const CommunicationDescription& communication = calibration.platform.communication;
    WrittenBlock block{.source =
                           fmt::format("{}; {} rows, {}", options.source, library->fit.points, options.date)};
    for (const ModelConstant<LibraryModel>& constant : model_constants<LibraryModel>())
      for (const auto& [key, value] : library->constants)
        if (key == constant.key) block.constants.emplace_back(key, value_text(constant.unit, value));
    block.constants.emplace_back("log_spread", fmt::format("{:.4f}", communication.log_spread.value));
    block.constants.emplace_back("control", control_text(communication.control));
    file.put("communication", block);
  }
  const CollectiveModels& models = calibration.platform.collectives;
  put_list(file, "kernels", models.kernels, options, [](const KernelModel& m) {
    return Names{{"engine", m.engine}};
  });
  put_list(file, "steps", models.steps, options, [](const StepModel& m) {
    return Names{{"library", m.library}, {"gpu_buffers", m.gpu_buffers ? "true" : "false"}};
  });
  put_list(file, "experts", models.experts, options, [](const ExchangeModel& m) {
    return Names{{"kernel", m.kernel == ExchangeKernel::low_latency ? "low_latency" : "normal"},
                 {"half", m.half == ExchangeHalf::dispatch ? "dispatch" : "combine"}};
  });
  return file.text();
}

std::string with_training(const std::string& text, const PlatformFit& platform, const FitOptions& options,
                          const TrainingCalibration& calibration) {
  const std::string source = training_source(options);
  const PlatformConstants& c = platform.constants;
  const FittedBlock* block = fitted_block(calibration.report, platform.platform);
  std::string errors = "aifsim calibrate training";
  if (!block->left_out.empty())
    errors +=
        "; median / 90th percentile of groups left out in turn: " + percent_pair(block->left_out.front());
  ConstantsFile file(text);
  file.put("communication.neighbours", {.source = source,
                                        .constants = {{"delay", fmt::format("{:.2f}us", c.delay * 1e6)},
                                                      {"leave", fmt::format("{:.1f}%", c.leave * 100)}}});
  file.put("clock",
           {.source = source, .constants = {{"sustained", fmt::format("{:.4f}", c.sustained_speed)}}});
  file.put("calibration",
           {.source = errors,
            .constants = {{"log_residual_sd", fmt::format("{:.4f}", platform.log_residual_sd)},
                          {"rows", std::to_string(platform.rows)},
                          {"smallest_job", std::to_string(platform.smallest_job)},
                          {"largest_job", std::to_string(platform.largest_job)},
                          {"shardings", list_of(platform.shardings)},
                          {"most_micro_batches", std::to_string(platform.most_micro_batches)}}});
  return file.text();
}

std::string with_stack(const std::string& text, const TrainingCalibration& calibration,
                       const FitOptions& options) {
  const TrainingConstants& c = calibration.constants;
  ConstantsFile file(text);
  file.put("", {.source = training_source(options),
                .constants = {{"host_per_step", fmt::format("{:.2f}ms", c.host_per_step * 1e3)},
                              {"compute_slowdown", fmt::format("{:.4f}", c.compute_slowdown)}}});
  return file.text();
}

}  // namespace aifsim
