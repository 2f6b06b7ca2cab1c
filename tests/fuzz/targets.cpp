#include "fuzz/targets.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/quantity.hpp"
#include "base/quote.hpp"
#include "calibration/kernel_rows.hpp"
#include "catalog/catalog.hpp"
#include "factory/training_table.hpp"
#include "lowering/trace/chakra_rank.hpp"
#include "machine/buildable.hpp"
#include "records/chakra_samples.hpp"
#include "records/collective_rows.hpp"
#include "records/import_machine.hpp"
#include "records/machine_yaml.hpp"
#include "records/samples.hpp"
#include "records/topology_samples.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

template <class Work>
void answered_or_refused(const Work& work) {
  try {
    work();
  } catch (const InputError&) {
  } catch (const CannotAnswer&) {
  }
}

const Catalog& catalog() {
  static const Catalog shipped(test_root());
  return shipped;
}

void read_record(std::string_view text) {
  const records::Input input = records::Input::of_text("fuzz", std::string(text));
  const auto formats = records::formats();
  const auto read_as = [&](const records::Format& format) {
    answered_or_refused([&] {
      records::Given given;
      records::Sink sink(given, nullptr, [](const RecordRow&) {});
      format.read(input, sink);
    });
  };
  answered_or_refused([&] { read_as(records::format_of(input, "auto")); });
  read_as(formats[text.size() % formats.size()]);
}

void read_topology(std::string_view text) {
  const records::Input input = records::Input::of_text("fuzz", std::string(text));
  const auto formats = records::topologies();
  const auto read_as = [&](const records::TopologyFormat& format) {
    answered_or_refused([&] {
      records::MachineGiven given;
      given.catalog = &catalog();
      records::machine_text(format.read(input, given), "fuzz", "fuzz.csv", "", "");
    });
  };
  answered_or_refused([&] {
    if (const records::TopologyFormat* format = records::topology_of(input, "auto")) read_as(*format);
  });
  read_as(formats[text.size() % formats.size()]);
}

std::vector<std::string> record_seeds() {
  std::vector<std::string> texts;
  for (const records::Sample& sample : records::samples()) texts.push_back(sample.text);
  return texts;
}

void read_description(std::string_view text) {
  static const ScratchFolder folder;
  const fs::path file = folder.path() / "fuzz.yaml";
  std::ofstream(file, std::ios::binary) << text;
  answered_or_refused([&] {
    if (!catalog().check(file).empty()) return;
    for (const PlatformDescription& platform : catalog().platforms_in(file)) problems_of_building(platform);
  });
}

std::vector<std::string> description_seeds() {
  std::vector<std::string> texts;
  for (const char* kind : {"platforms", "gpu_models", "workloads", "scenarios"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(test_root()) / kind))
      if (entry.path().extension() == ".yaml" && entry.file_size() < 8000) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& path : files) {
      std::ifstream in(path, std::ios::binary);
      texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  return texts;
}

void read_table(std::string_view text) {
  const auto with = [&](const auto& reader) {
    answered_or_refused([&] {
      std::istringstream in{std::string(text)};
      reader(in);
    });
  };
  with([](std::istream& in) { read_kernel_rows(in, "fuzz", "gpu", [](KernelRow&&) {}); });
  with([](std::istream& in) {
    read_collective_rows(in, "fuzz", "platform", &catalog(), [](CollectiveRow&&) {});
  });
  with([](std::istream& in) {
    PlatformShelf shelf(catalog());
    read_training_table(in, "fuzz", "platform", shelf);
  });
}

std::vector<std::string> table_seeds() {
  return {"gpu,op,dtype,m,n,k,time_us\nh200_sxm,gemm,bf16,4096,4096,4096,213.5\n",
          "gpu,op,dtype,batch,heads,kv_heads,head_dim,seq_q,seq_kv,time_us\n"
          "h100_sxm_80gb,attention_prefill,bf16,1,32,8,128,2048,2048,97\n",
          "platform,op,algorithm,software,ranks,ranks_per_node,message_bytes,time_us\n"
          "leonardo_booster,all_reduce,ring,nccl-2.27.3,8,4,1048576,61.2\n",
          "id,platform,gpu,gpus,seq_len,global_batch,sharding,step_time_s,params_b,layers,hidden,heads,micro_"
          "batch\n"
          "a,leonardo_booster,a100_custom_64gb,64,4096,256,zero3,0.93,2.7,32,2560,32,2\n"};
}

void read_quantity(std::string_view text) {
  for (int d = 0; d <= static_cast<int>(Dimension::frequency); ++d)
    parse_quantity(std::string(text), static_cast<Dimension>(d));
  std::string rest;
  printable_lines(text, Shown::escaped, rest);
  quote(text);
}

std::vector<std::string> quantity_seeds() {
  return {"400Gbps", "2.5us", "80GiB", "700W", "989TFLOPS", "0.14EUR/kWh", "50 %", "1e-3 s"};
}

void read_trace(std::string_view text) {
  answered_or_refused([&] {
    traced_rank(records::parse_chakra("fuzz", std::string(text)), 0, {2, {{"1", {0, 1}}}, {2}, false});
  });
}

std::vector<std::string> trace_seeds() {
  using records::NodeSample;
  return {
      records::trace_sample(
          {NodeSample(9, "groups", 1).inputs(R"(["[{\"pg_name\": \"3\", \"ranks\": [0]}]"])"),
           records::computed(0, 5).number("stream", 7), records::collective(1, 0, 64, "1").data({0}),
           NodeSample(2, "send", 5).number("comm_dst", 1).number("comm_size", 8).ctrl(1)}),
      records::old_node(0, 3, {{7, 2000}}) + records::old_node(1, 6, {{4, 0}, {13, 3}, {14, 1}, {18, 512}})};
}

constexpr FuzzTarget kTargets[] = {{"records", read_record, record_seeds},
                                   {"topologies", read_topology, records::topology_samples},
                                   {"descriptions", read_description, description_seeds, 10},
                                   {"tables", read_table, table_seeds},
                                   {"traces", read_trace, trace_seeds},
                                   {"quantities", read_quantity, quantity_seeds}};

}  // namespace

std::span<const FuzzTarget> fuzz_targets() { return kTargets; }

}  // namespace aifsim
