#include "records/refusal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/quote.hpp"
#include "records/cells.hpp"
#include "records/format.hpp"
#include "records/machine_part.hpp"

namespace aifsim::records {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes;
  const char* what;
};

constexpr Magic kMagic[] = {
    {"PAR1"sv,
     "this is a Parquet file; write it as CSV first: python3 -c \"import pandas, sys; "
     "pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)\" IN OUT"},
    {"version https://git-lfs.github.com"sv,
     "this is a pointer of Git LFS, not the data; fetch them with `git lfs pull`"},
    {"PK\x03\x04"sv,
     "this is a ZIP archive (also .xlsx, .npz and .pt are); unpack it, or save the table as CSV"},
    {"\x89HDF\r\n"sv,
     "this is an HDF5 file; write its table as CSV (h5dump, or pandas.read_hdf(...).to_csv)"},
    {"\x28\xB5\x2F\xFD"sv, "this is packed with Zstandard; unpack it first: zstd -d FILE"},
    {"\xFD"
     "7zXZ"sv,
     "this is packed with xz; unpack it first: xz -d FILE"},
    {"BZh"sv, "this is packed with bzip2; unpack it first: bzip2 -d FILE"},
    {"7z\xBC\xAF"sv, "this is a 7-Zip archive; unpack it first"},
    {"%PDF"sv, "this is a PDF document; its tables must be copied out as text or CSV"},
    {"\x89PNG"sv, "this is a picture (PNG); the text that it shows is needed"},
    {"\xFF\xD8\xFF"sv, "this is a picture (JPEG); the text that it shows is needed"},
    {"GIF8"sv, "this is a picture (GIF); the text that it shows is needed"},
    {"\x7F"
     "ELF"sv,
     "this is a program; run it, and import what it prints"},
    {"#!/"sv, "this is a script; run it, and import what it prints"},
    {"\x93NUMPY"sv, "this is a NumPy array; write a table with named columns as CSV"},
    {"\x80\x04\x95"sv, "this is a Python pickle; write its table as CSV"},
    {"ARROW1"sv,
     "this is an Arrow file; write it as CSV first (pandas.read_feather(IN).to_csv(OUT, index=False))"},
    {"Obj\x01"sv, "this is an Avro file; write it as CSV first"},
    {"NVR\0"sv,
     "this is a report of Nsight Compute, whose kernels run under a changed clock; times are in Nsight "
     "Systems: nsys "
     "profile, then nsys stats --format csv"},
};

// By the end of a file's name.
struct Ending {
  std::string_view end;
  const char* what;
};
constexpr const char* kNsysReport =
    "this is a report of Nsight Systems; export it: `nsys export --type sqlite FILE` (aifsim import nsys), "
    "or `nsys stats "
    "--report cuda_gpu_kern_sum,cuda_gpu_mem_time_sum --format csv FILE` (aifsim import nsys-stats)";
constexpr Ending kEndings[] = {
    {".nsys-rep", kNsysReport},
    {".qdrep", kNsysReport},
    {".ncu-rep",
     "this is a report of Nsight Compute, whose kernels run under a changed clock; times are in Nsight "
     "Systems: nsys "
     "profile, then nsys stats --format csv"},
    {".et", "this may be a Chakra execution trace, which holds no measurements that a record expresses"},
};

// Tools that are no format here: words that only they print, and what to do instead.
struct Other {
  std::array<std::string_view, 2> words;  // all of them are found; "" for none
  const char* what;
};
constexpr Other kOthers[] = {
    {{"<!DOCTYPE html", ""}, "this is a web page; save the log or the table that it shows as text"},
    {{"<html", ""}, "this is a web page; save the log or the table that it shows as text"},
    {{"NVIDIA-SMI", "Driver Version"},
     "this is the status that nvidia-smi prints; of it, `nvidia-smi topo -m` can be imported"},
    {{"Topology of the system", "rocm-smi"},
     "rocm-smi's topology is not read; RCCL's is: NCCL_TOPO_DUMP_FILE=topo.xml"},
    {{"ROCm System Management Interface", ""},
     "rocm-smi's tables are not read; a node's wiring comes from RCCL: NCCL_TOPO_DUMP_FILE=topo.xml"},
    {{"<topology", "<object type="},
     "hwloc's topology is not read; `nvidia-smi topo -m` and NCCL_TOPO_DUMP_FILE are"},
    {{"HostBridge", "NUMANode"},
     "hwloc's topology is not read; `nvidia-smi topo -m` and NCCL_TOPO_DUMP_FILE are"},
    {{"<graphs version", "<graph id"},
     "this is the graph that NCCL chose (NCCL_GRAPH_DUMP_FILE); the topology is in NCCL_TOPO_DUMP_FILE"},
    {{"PartitionName=", "NodeName="},
     "this is slurm.conf; the network is in topology.conf or topology.yaml, or `scontrol show topology`"},
    {{"[ ID] Interval", "Bitrate"},
     "this is iperf3's output; TCP streams are nothing that a record expresses"},
    {{"NVPROF is profiling", ""},
     "nvprof's tables are not read; `nsys stats --format csv` and the profiler of PyTorch are"},
    {{"==PROF==", ""},
     "Nsight Compute runs kernels under a changed clock; times are in Nsight Systems: nsys profile, nsys "
     "stats"},
    {{"\"Kernel Name\"", "Metric Name"},
     "Nsight Compute runs kernels under a changed clock; times are in Nsight Systems: nsys profile, nsys "
     "stats"},
    {{"RocmBandwidthTest", ""}, "rocm-bandwidth-test's output is not read; TransferBench's is"},
    {{"Self CUDA time total", ""},
     "this is a table of PyTorch's profiler; its trace is read: p.export_chrome_trace(\"trace.json\"), "
     "aifsim import kineto"},
    {{"Self CPU time total", ""},
     "this is a table of PyTorch's profiler; its trace is read: p.export_chrome_trace(\"trace.json\"), "
     "aifsim import kineto"},
    {{"HPLinpack", ""}, "HPL's output is not read; products alone are: aifsim measure, or kernel tables"},
    {{"WRITE_BW", "fio-"}, "fio's output is not read"},
    {{"fio-", "iops"}, "fio's output is not read"},
    {{"CUDA Bandwidth Test", "Device to Device Bandwidth"},
     "bandwidthTest's output is not read; nvbandwidth's is"},
    {{"[CUDA Bandwidth Test]", ""}, "bandwidthTest's output is not read; nvbandwidth's is"},
    {{"NCCL INFO", ""},
     "this has NCCL's messages, but no results: nccl-tests prints a table with time, algbw and busbw; "
     "NCCL_TOPO_DUMP_FILE "
     "writes the topology"},
};

// Words that the output of a format has, whole or in pieces.
struct Traces {
  const char* format;
  std::vector<std::string_view> words;
};
std::span<const Traces> traces() {
  static const Traces all[] = {
      {"nccl-tests",
       {"nccl-tests", "all_reduce_perf", "_perf", "algbw", "busbw", "out-of-place", "nThread",
        "NCCL version"}},
      {"nccl-csv", {"algbw", "busbw", "redop", "size,"}},
      {"osu", {"OSU ", "Avg Latency(us)", "osu_", "Bandwidth (MB/s)"}},
      {"imb", {"MPI Benchmarks", "IMB-MPI1", "#repetitions", "t_avg[usec]", "#processes"}},
      {"perftest",
       {"ib_write_bw", "ib_read_bw", "ib_send_bw", "ib_write_lat", "RDMA_Write", "RDMA_Read", "Number of qps",
        "#bytes", "MsgRate", "Waiting for client to connect"}},
      {"babelstream", {"BabelStream", "MBytes/sec", "Triad", "Array size"}},
      {"stream", {"STREAM version", "Best Rate MB/s", "Triad:", "STREAM"}},
      {"nvbandwidth", {"nvbandwidth", "memcpy CE", "host_to_device_memcpy"}},
      {"p2p-test", {"p2pBandwidthLatencyTest", "Peer-to-Peer", "Access Peer", "Connectivity Matrix"}},
      {"transferbench", {"TransferBench", "Executor:", "SRC\\DST", "NUM_GPU_DEVICES"}},
      {"kineto", {"traceEvents", "schemaVersion", "deviceProperties", "\"ph\"", "aten::"}},
      {"nsys-stats", {"nsys", "Total Time (ns)", "Instances", "cuda_gpu", "Med (ns)"}},
      {"mllog", {":::MLLOG", "submission_benchmark", "run_start"}},
      {"aiconfigurator", {"op_name", "kernel_source", "framework,"}},
      {"vidur", {"time_stats.", "num_tensor_parallel_workers"}},
      {"nvidia-smi-topo", {"CPU Affinity", "NUMA Affinity", "topo -m", "GPU0", "NV#  =", "Legend:"}},
      {"nccl-topology", {"<system", "<pci", "<gpu", "nvlink", "busid="}},
      {"slurm-topology", {"SwitchName", "BlockName", "topology.conf", "topology.yaml", "TopologyPlugin"}},
      {"iblinkinfo", {"iblinkinfo", "LinkUp", "==("}},
      {"ibnetdiscover", {"ibnetdiscover", "switchguid", "caguid", "vendid", "lmc 0"}},
  };
  return all;
}

// What the nearest format's reader misses, and whether it reads the file all the same.
std::string tried(const std::string& name, const Input& input) {
  try {
    for (const TopologyFormat& format : topologies())
      if (format.name == name) {
        format.read(input, {});
        return "";
      }
    for (const Format& format : formats())
      if (format.name == name) {
        std::size_t rows = 0;
        const Given none;
        Sink sink(none, nullptr, [&](const RecordRow&) { ++rows; });
        format.read(input, sink);
        return rows > 0 ? "" : "no results are in it";
      }
  } catch (const InputError& error) {
    const Problem& problem = error.problems().front();
    return problem.place.line > 0 && problem.place.column > 0 ? problem.str() : problem.message;
  } catch (const CannotAnswer& error) {
    return error.what();
  }
  return "";
}

// The first keys of a JSON object.
std::vector<std::string> json_keys(std::string_view head) {
  std::vector<std::string> keys;
  for (std::size_t at = 0; keys.size() < 5 && (at = head.find('"', at)) != std::string_view::npos;) {
    const std::size_t end = head.find('"', at + 1);
    if (end == std::string_view::npos) break;
    const std::size_t next = head.find_first_not_of(" \t\r\n", end + 1);
    if (next != std::string_view::npos && head[next] == ':')
      keys.push_back(quote(head.substr(at + 1, end - at - 1), 30));
    at = end + 1;
  }
  return keys;
}

// A line of several short words between commas, with no figures: the header of a table.
std::string table_header(std::string_view head) {
  for (const std::string_view line : lines_of(head)) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::vector<Cell> cells = csv_cells(line, delimiter_of(line));
    if (cells.size() < 3 || cells.size() > 200) return "";
    std::string names;
    for (const Cell& cell : cells) {
      if (cell.text.empty() || cell.text.size() > 40 || as_number(cell.text)) return "";
      if (names.size() < 120) names += (names.empty() ? "" : ", ") + cell.text;
    }
    return names;
  }
  return "";
}

std::string known_formats() {
  std::string names;
  for (const Format& format : formats()) names += (names.empty() ? "" : ", ") + std::string(format.name);
  for (const TopologyFormat& format : topologies()) names += ", " + std::string(format.name);
  return names;
}

}  // namespace

std::optional<std::string> advice_for(std::string_view name, std::string_view bytes) {
  for (const Magic& magic : kMagic)
    if (bytes.starts_with(magic.bytes)) return magic.what;
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar")
    return "this is a tar archive; unpack it first: tar -xf FILE";
  for (const Ending& ending : kEndings)
    if (name.ends_with(ending.end) && !bytes.starts_with("SQLite format 3")) return ending.what;
  return std::nullopt;
}

std::string refusal(const Input& input, std::string_view head) {
  const std::string_view text = trimmed(head);
  if (text.empty()) return "of no format that is known here: nothing but blanks";
  if (text.starts_with("kind:") || holds(head.substr(0, 4096), "\nkind: "))
    return "a description of aifsim (kind: ...), no measurement; aifsim check FILE tells what it is";
  const std::size_t zeros = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0'));
  for (const Other& other : kOthers)
    if (holds(head, other.words[0]) && (other.words[1].empty() || holds(head, other.words[1])))
      return fmt::format("of no format that is known here: {}", other.what);
  const Traces* nearest = nullptr;
  std::vector<std::string> best;
  for (const Traces& format : traces()) {
    std::vector<std::string> found;
    for (const std::string_view word : format.words)
      if (holds(head, word)) found.push_back(quote(word));
    if (found.size() > best.size()) {
      best = std::move(found);
      nearest = &format;
    }
  }
  if (nearest) {
    const std::string missing = tried(nearest->format, input);
    const std::string found = fmt::format(
        "{}",
        fmt::join(best.begin(),
                  best.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, best.size())), ", "));
    if (missing.empty())
      return fmt::format(
          "of no format for certain, but its reader takes it as {0} (it has {1}); if it is, name it: aifsim "
          "import {0}",
          nearest->format, found);
    return fmt::format(
        "of no format that is known here; nearest is {} (it has {}), but: {}. aifsim import --list tells all "
        "formats",
        nearest->format, found, missing);
  }
  if (zeros > 0)
    return "of no format that is known here: this is no text; export it as text or CSV with the tool that "
           "wrote it";
  if (text.starts_with('{') || text.starts_with('[')) {
    const std::vector<std::string> keys = json_keys(text);
    return fmt::format(
        "of no format that is known here: JSON{}; known are traces of PyTorch's profiler (traceEvents) and "
        "the "
        "JSON of nccl-tests, rccl-tests and nvbandwidth",
        keys.empty() ? "" : fmt::format(" with the keys {}", fmt::join(keys, ", ")));
  }
  if (const std::string names = table_header(head); !names.empty())
    return fmt::format(
        "of no format that is known here: a table with the columns {}; rename them as a record has them (op, "
        "time_us, gpu, m, n, k, ranks, message_bytes, ...; real_runs/README.md) and use aifsim import tidy",
        quote(names, 130));
  return "of no format that is known here; aifsim import --list tells what is; name it if you know better: " +
         known_formats();
}

}  // namespace aifsim::records
