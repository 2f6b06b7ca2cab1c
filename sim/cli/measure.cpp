// aifsim measure: runs the measuring programs of real_runs/ on the hardware at hand and writes a record.
#include <dlfcn.h>
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <boost/process/search_path.hpp>
#include <cctype>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/atomic_file.hpp"
#include "base/calendar.hpp"
#include "base/error.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/measure_models.hpp"
#include "cli/measure_run.hpp"
#include "cli/progress.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

struct MeasureOptions {
  std::string device, suite = "quick", out, name, folder, models;
  int ranks = 0;
  bool json = false;
};

int allowed_cores() {
  cpu_set_t cores;
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

// Beside the binary; $AIFSIM_MEASURING_PROGRAMS names another folder.
std::string program(const std::string& name, const std::string& needs) {
  const char* given = std::getenv("AIFSIM_MEASURING_PROGRAMS");
  std::error_code unreachable;
  const fs::path folder = given && *given
                              ? fs::path(given)
                              : fs::read_symlink("/proc/self/exe", unreachable).parent_path() / "real_runs";
  if (fs::exists(folder / name, unreachable)) return (folder / name).string();
  throw CannotAnswer(
      fmt::format("the measuring program {} is not built, {} is not there: it needs {}; "
                  "`./aifsim measure` builds it where these are found",
                  name, (folder / name).string(), needs));
}

std::string launcher() {
  const std::string found = boost::process::search_path("mpirun").string();
  if (found.empty()) throw CannotAnswer("there is no mpirun in $PATH, which starts one process per device");
  return found;
}

// Devices that the CUDA driver offers. Asked through the driver's own library, which is not there without a
// GPU.
int cuda_devices() {
  void* const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!driver)
    throw CannotAnswer(
        fmt::format("no CUDA device: there is no CUDA driver on this machine ({})", dlerror()));
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count_of = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  if (!initialise || !count_of) throw CannotAnswer("no CUDA device: libcuda.so.1 lacks cuInit");
  if (const int error = initialise(0); error != 0)
    throw CannotAnswer(fmt::format("no CUDA device: cuInit failed with error {}{}", error,
                                   error == 100 ? " (no device is detected)" : ""));
  if (count_of(&count) != 0 || count == 0) throw CannotAnswer("no CUDA device: the driver finds none");
  return count;
}

using Environment = std::vector<std::pair<std::string, std::string>>;
const Environment kMpi{
    {"OMPI_ALLOW_RUN_AS_ROOT", "1"}, {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}, {"OPENBLAS_NUM_THREADS", "1"}};

void run(const std::vector<std::string>& command, const Environment& environment, Measured& measured) {
  Progress progress;
  run_measuring_program(command, environment, measured,
                        [&](std::size_t index, std::size_t count, const std::string& name) {
                          progress.show(index - 1, count, name);
                        });
}

void measure_cpu(const MeasureOptions& options, Measured& measured) {
  const int cores = allowed_cores();
  const int ranks = options.ranks > 0 ? options.ranks : std::min(cores, 8);
  if (ranks > cores)
    throw InputError(Place{"--ranks"},
                     fmt::format("expected at most the {} cores of this machine, found {}", cores, ranks));
  std::vector<std::string> command{
      launcher(),    "-n",         std::to_string(ranks),
      "--bind-to",   "none",       program("measure_cpu", "libopenblas-dev and libopenmpi-dev"),
      "--name",      options.name, "--folder",
      options.folder};
  if (options.suite == "full") command.emplace_back("--full");
  run(command, kMpi, measured);
  if (ranks == 1) {
    measured.skipped.emplace_back("collectives", "one core only");
    return;
  }
  Environment tcp = kMpi;
  tcp.emplace_back("OMPI_MCA_btl", "tcp,self");
  tcp.emplace_back("OMPI_MCA_pml", "ob1");
  command.insert(command.end(), {"--only", "collectives"});
  run(command, tcp, measured);
}

// A part of the CUDA suite beside the GPU's own: where it cannot run, or fails, it is left out with its
// reason, and what was measured before stays.
void run_part(const std::string& part, const std::string& name, const std::string& needs,
              const std::vector<std::string>& before, const std::vector<std::string>& after,
              Measured& measured) {
  try {
    std::vector<std::string> command{launcher()};
    command.insert(command.end(), before.begin(), before.end());
    command.push_back(program(name, needs));
    command.insert(command.end(), after.begin(), after.end());
    Measured own;
    run(command, kMpi, own);
    measured.metadata.insert(measured.metadata.end(), own.metadata.begin(), own.metadata.end());
    measured.rows.insert(measured.rows.end(), own.rows.begin(), own.rows.end());
    measured.skipped.insert(measured.skipped.end(), own.skipped.begin(), own.skipped.end());
  } catch (const CannotAnswer& reason) {
    measured.skipped.emplace_back(part, reason.what());
  }
}

void measure_cuda(const MeasureOptions& options, Measured& measured) {
  const int devices = cuda_devices();
  const int ranks = options.ranks > 0 ? options.ranks : devices;
  if (ranks > devices)
    throw InputError(Place{"--ranks"},
                     fmt::format("expected at most the {} GPUs of this machine, found {}", devices, ranks));
  std::vector<std::string> common{"--name", options.name};
  if (options.suite == "full") common.emplace_back("--full");
  const std::vector<std::string> name = common;
  common.insert(common.end(), {"--folder", options.folder});
  std::vector<std::string> command{program("measure_cuda", "nvcc of the CUDA Toolkit")};
  command.insert(command.end(), common.begin(), common.end());
  run(command, {}, measured);
  std::vector<std::string> storage = common;
  storage.insert(storage.end(), {"--only", "storage"});
  run_part("storage", "measure_cpu", "libopenblas-dev and libopenmpi-dev", {"-n", "1", "--bind-to", "none"},
           storage, measured);
  if (ranks == 1)
    measured.skipped.emplace_back("collectives", devices == 1 ? "one GPU only" : "one process only");
  else
    run_part("collectives", "measure_nccl", "nvcc, NCCL and libopenmpi-dev",
             {"-n", std::to_string(ranks), "--oversubscribe", "--bind-to", "none"}, name, measured);
}

std::string record_text(const Measured& measured, const MeasureOptions& options) {
  Metadata metadata{{"made_by", fmt::format("aifsim {} measure --device {} --suite {}", AIFSIM_VERSION,
                                            options.device, options.suite)},
                    {"date", today()}};
  metadata.insert(metadata.end(), measured.metadata.begin(), measured.metadata.end());
  for (const auto& [name, reason] : measured.skipped) metadata.emplace_back("skipped", name + ": " + reason);
  std::set<std::string> used;
  for (const RecordRow& row : measured.rows)
    for (const auto& [column, value] : row.cells()) used.insert(column);
  std::ostringstream text;
  RecordWriter writer(text, metadata, {used.begin(), used.end()});
  for (const RecordRow& row : measured.rows) writer.write(row);
  return text.str();
}

void measure(MeasureOptions options) {
  if (options.name.empty()) options.name = "my_" + options.device;
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
  if (!std::all_of(options.name.begin(), options.name.end(), fits))
    throw InputError(Place{"--name"},
                     fmt::format("expected letters, digits, _ and -, found \"{}\"", options.name));
  if (options.out.empty()) options.out = options.name + ".csv";
  if (options.folder.empty()) {
    std::error_code none;
    options.folder = fs::temp_directory_path(none).string();
    if (none)
      throw InputError(Place{"--storage"}, "there is no folder for temporary files (TMPDIR, /tmp): " +
                                               none.message() + "; name the folder whose storage is read");
  }
  AtomicFile file(options.out);  // before minutes of work: says at once when it cannot be written
  Measured measured;
  options.device == "cpu" ? measure_cpu(options, measured) : measure_cuda(options, measured);
  if (measured.rows.empty()) throw CannotAnswer("the measuring program gave no row");
  file.write(record_text(measured, options));
  file.commit();
  std::vector<fs::path> models;
  if (!options.models.empty()) models = write_models(measured, options.name, options.models, today());

  std::map<std::string, std::size_t> by_op;
  for (const RecordRow& row : measured.rows) ++by_op[cell_of(row, "op")];
  if (options.json) {
    nlohmann::ordered_json json{{"record", options.out},
                                {"name", options.name},
                                {"device", options.device},
                                {"suite", options.suite},
                                {"rows", measured.rows.size()}};
    json["operations"] = by_op;
    json["metadata"] = nlohmann::ordered_json::object();
    for (const auto& [key, value] : measured.metadata) json["metadata"][key] = value;
    json["skipped"] = nlohmann::ordered_json::array();
    for (const auto& [name, reason] : measured.skipped)
      json["skipped"].push_back({{"case", name}, {"reason", reason}});
    json["models"] = nlohmann::ordered_json::array();
    for (const fs::path& path : models) json["models"].push_back(path.string());
    std::cout << json.dump(2) << '\n';
    return;
  }
  std::cout << fmt::format("{} rows in {}:", measured.rows.size(), options.out);
  for (const auto& [op, count] : by_op)
    std::cout << fmt::format(" {} {}{}", count, op, op == by_op.rbegin()->first ? "\n" : ",");
  for (const auto& [name, reason] : measured.skipped)
    std::cout << fmt::format("left out: {}: {}\n", name, reason);
  for (const fs::path& path : models) std::cout << fmt::format("written: {}\n", path.string());
}

}  // namespace

void register_measure(const Command& app, const Context& context) {
  auto options = std::make_shared<MeasureOptions>();
  const Command command = app.add_subcommand("measure", "Measure the hardware at hand and write a record");
  command->add_option("--device", options->device, "What to measure")
      ->required()
      ->check(choice({"cpu", "cuda"}));
  command->add_option("--suite", options->suite, "quick: within 3 minutes; full: within 30")
      ->check(choice({"quick", "full"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "The record (CSV); NAME.csv if not given")->type_name("FILE");
  command->add_option("--name", options->name,
                      "GPU model that the rows are for; my_cpu or my_cuda if not given");
  command->add_option("--ranks", options->ranks, "Processes: cores (cpu; all, at most 8) or GPUs (cuda; all)")
      ->check(between(1, 1024));
  command
      ->add_option("--storage", options->folder,
                   "Folder whose storage is read (default: that of temporary files)")
      ->type_name("DIR")
      ->check(existing_folder());
  command
      ->add_option(
          "--models", options->models,
          "With --device cpu: a catalogue folder, where a data sheet, a platform and the measured steps "
          "are written as YAML")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim measure --device cpu --suite quick --out my_cpu.csv");
  command->callback([options, &context] {
    static_cast<void>(context);
    if (!options->models.empty() && options->device != "cpu")
      throw InputError(Place{"--models"},
                       "goes with --device cpu; for a GPU write the data sheet into gpu_models/");
    measure(*options);
  });
}

}  // namespace aifsim
