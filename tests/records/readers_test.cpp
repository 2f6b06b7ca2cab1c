// Bandwidth tools, traces, logs and tables of kernels.
#include <sqlite3.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "records/durations.hpp"
#include "records/names.hpp"
#include "records/samples.hpp"
#include "report/scratch_folder.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("BabelStream: bytes moved, the shortest time from the rate, the mean where it has digits") {
  const Read text = read("babelstream", kBabelText);
  REQUIRE(text.rows.size() == 2);
  CHECK(text.rows[0].at("op") == "stream_copy");
  CHECK(text.rows[0].at("gpu") == "a100_sxm_80gb");
  CHECK(std::stod(text.rows[0].at("bytes")) == Approx(2 * 268.4e6));
  CHECK(std::stod(text.rows[0].at("time_us")) == Approx(2 * 268.4e6 / 1.7e12 * 1e6));
  CHECK(std::stod(text.rows[1].at("time_us")) == Approx(1470));
  const Read csv = read("babelstream", kBabelCsv);
  REQUIRE(csv.rows.size() == 2);
  CHECK(csv.rows[0].at("time_us") == "12");
  CHECK(csv.rows[0].at("min_us") == "10");
  CHECK(csv.rows[1].at("op") == "stream_dot");
  CHECK(csv.skipped.size() == 1);
}

TEST_CASE("nvbandwidth: one row a path, N/A counted") {
  const Read text = read("nvbandwidth", kNvText);
  REQUIRE(text.rows.size() == 4);
  CHECK(text.rows[0].at("op") == "memcpy_h2d");
  CHECK(text.rows[0].at("gpu") == "h200_sxm");
  CHECK(std::stod(text.rows[0].at("bytes")) / std::stod(text.rows[0].at("time_us")) == Approx(55e3));
  CHECK(text.rows[2].at("op") == "memcpy_p2p");
  CHECK(text.skipped.at("paths that do not exist (N/A)") == 2);
  const Read json = read("nvbandwidth", kNvJson);
  REQUIRE(json.rows.size() == 2);
  CHECK(std::stod(json.rows[1].at("bytes")) / std::stod(json.rows[1].at("time_us")) == Approx(277e3));
  CHECK(json.skipped.at("tests that did not run (Waived)") == 1);
}

TEST_CASE("Kineto: kernels with the shapes of the operations that launched them") {
  const Read r = read("kineto", kKineto);
  std::map<std::string, Row> by_op;
  for (const Row& row : r.rows) by_op[row.at("op")] = row;
  REQUIRE(r.rows.size() == 5);
  CHECK(by_op["gemm"] == Row{{"gpu", "h100_sxm_80gb"},
                             {"software", "pytorch"},
                             {"op", "gemm"},
                             {"layer", "nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT"},
                             {"grid", "16x8x1"},
                             {"block", "384x1x1"},
                             {"m", "1024"},
                             {"n", "512"},
                             {"k", "2048"},
                             {"dtype", "bf16"},
                             {"time_us", "13"},
                             {"min_us", "12.5"},
                             {"p90_us", "13.4"},
                             {"count", "2"}});
  const Row& attention = by_op["attention_forward"];
  CHECK(attention.at("seq_kv") == "4096");
  CHECK(attention.at("kv_heads") == "8");
  CHECK(attention.at("head_dim") == "128");
  CHECK(by_op["all_reduce"].at("message_bytes") == "2048");
  CHECK(by_op["all_reduce"].at("ranks") == "8");
  CHECK(by_op["memcpy_h2d"].at("bytes") == "65536");
  CHECK(by_op["elementwise"].count("m") == 0);
  CHECK(r.skipped.at("events that are no kernels or copies") == 2);
}

TEST_CASE("Kineto: attention that is not causal keeps no shape; a list alone is read; gzip too") {
  std::string open = kKineto;
  open.replace(open.find("\"True\""), 6, "\"False\"");
  for (const Row& row : read("kineto", open).rows)
    CHECK((row.at("op") != "attention_forward" || !row.count("seq_q")));
  const std::string list = R"([{"ph":"X","cat":"kernel","name":"k","dur":2,"ts":1}])";
  CHECK(read("kineto", list).rows.at(0).at("op") == "other");
  CHECK_THAT(error_of("kineto", R"([{"ph":"X","cat":"kernel","name":"k","dur":"fast","ts":1}])"),
             StartsWith("f:1:") && Contains("\"dur\": expected a number"));
  CHECK_THAT(error_of("kineto", "{\"traceEvents\":[\n{\"ph\" \"X\"}]}"),
             StartsWith("f:2:") && Contains("not JSON"));
  CHECK_THAT(error_of("kineto", "{\"traceEvents\":[" + std::string(100, '[')),
             Contains("nested deeper than 64"));

  const ScratchFolder folder;
  const std::string path = (folder.path() / "t.json.gz").string();
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, kKineto.data(), static_cast<unsigned>(kKineto.size()));
  gzclose(file);
  CHECK(read("kineto", Input::of_file(path)).rows == read("kineto", kKineto).rows);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  CHECK_THROWS_WITH(read("kineto", Input::of_file(path)), Contains("end too early"));
}

TEST_CASE("Nsight Systems: kernels and copies of an export") {
  const ScratchFolder folder;
  const auto path = folder.path() / "t.sqlite";
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const char* sql = R"(CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
    CREATE TABLE TARGET_INFO_GPU(id INTEGER, name TEXT);
    CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, "end" INTEGER, deviceId INTEGER, gridX INTEGER, gridY INTEGER,
      gridZ INTEGER, blockX INTEGER, blockY INTEGER, blockZ INTEGER, demangledName INTEGER, shortName INTEGER);
    CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY(start INTEGER, "end" INTEGER, bytes INTEGER, copyKind INTEGER);
    INSERT INTO StringIds VALUES (1, 'ampere_bf16_s16816gemm_bf16_128x64'), (2, 'flash_fwd_splitkv_kernel');
    INSERT INTO TARGET_INFO_GPU VALUES (0, 'NVIDIA L40S');
    INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (0, 5000, 0, 8, 4, 1, 256, 1, 1, 1, 1), (9000, 16000, 0, 8, 4, 1, 256, 1, 1, 1, 1),
      (20000, 21000, 0, 1, 1, 1, 64, 1, 1, 2, 2), (1, 1, 0, 1, 1, 1, 64, 1, 1, 2, 2);
    INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (0, 2000, 4096, 1), (0, 2000, 4096, 77);)";
  REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  const Read r = read("nsys", Input::of_file(path));
  REQUIRE(r.rows.size() == 3);
  CHECK(r.rows[1] == Row{{"gpu", "l40s"},
                         {"software", "nsys"},
                         {"op", "gemm"},
                         {"layer", "ampere_bf16_s16816gemm_bf16_128x64"},
                         {"grid", "8x4x1"},
                         {"block", "256x1x1"},
                         {"time_us", "6"},
                         {"min_us", "5"},
                         {"p90_us", "6.8"},
                         {"count", "2"}});
  CHECK(r.rows[0].at("op") == "attention_decode");
  CHECK(r.rows[2].at("op") == "memcpy_h2d");
  CHECK(r.skipped.at("launches with a duration of 0") == 1);
  CHECK(r.skipped.at("copies between unknown places") == 1);
  CHECK_THAT(error_of("nsys", "not a database"), Contains("not an SQLite file"));
  CHECK_THAT(error_of("nsys", "SQLite format 3"), Contains("cannot be read from a pipe"));
  std::filesystem::resize_file(path, 5000);
  CHECK_THROWS_AS(read("nsys", Input::of_file(path)), InputError);
}

TEST_CASE("MLPerf logs: steps from the throughput, and the run") {
  const Read r = read("mllog", kMllog);
  REQUIRE(r.rows.size() == 1);
  CHECK(r.rows[0].at("model") == "llama31_405b");
  CHECK(r.rows[0].at("global_batch") == "1152");
  CHECK(r.rows[0].at("step_time_s") == "11");  // 10 and 12 s
  CHECK(r.rows[0].at("steps") == "2");
  CHECK(r.rows[0].at("run_time_s") == "60");
  std::string tokens = kMllog;  // 115.2 samples of 8192 tokens a second
  tokens.replace(tokens.find("115.2"), 5, "943718.4");
  CHECK(read("mllog", tokens).rows[0].at("steps") == "1");
  tokens.replace(
      tokens.find("global_batch_size\", \"value\": 1152"), 33,
      "global_batch_size\", \"value\": 1152}\n:::MLLOG {\"key\": \"max_sequence_length\", \"value\": 8192");
  CHECK(read("mllog", tokens).rows[0].at("step_time_min_s") == "10");
  std::string whole = kMllog;  // no steps, but a run
  while (whole.find("tracked_stats") != std::string::npos)
    whole.replace(whole.find("tracked_stats"), 13, "other");
  CHECK(read("mllog", whole).rows[0].at("run_time_s") == "60");
  CHECK(read("mllog", ":::MLLOG {\"key\": }\n" + kMllog).skipped.at(":::MLLOG lines that cannot be read") ==
        1);
  CHECK_THAT(error_of("mllog", ":::MLLOG {\"key\": 3}\n"), StartsWith("f:1:9: expected"));
  CHECK_THAT(error_of("mllog", "x\n:::MLLOG {\"key\": }\n"), StartsWith("f:2:") && Contains("not JSON"));
}

TEST_CASE("aiconfigurator: GEMM, attention, experts and collectives, in microseconds") {
  const Read gemm = read("aiconfigurator", kAicGemm);
  REQUIRE(gemm.rows.size() == 2);
  CHECK(gemm.rows[0].at("software") == "trtllm-1.2.0");
  CHECK(gemm.rows[0].at("time_us") == "50");
  CHECK(gemm.rows[0].at("dtype") == "bf16");
  CHECK(gemm.rows[1].at("power_w") == "523.4");
  CHECK(gemm.rows[1].at("gpu") == "h200_sxm");
  const Read attention = read("aiconfigurator", kAicAttention);
  REQUIRE(attention.rows.size() == 2);
  CHECK(attention.rows[0].at("op") == "attention_prefill");
  CHECK(attention.rows[0].at("seq_q") == "1024");
  CHECK(attention.rows[1].at("op") == "attention_decode");
  CHECK(attention.rows[1].at("seq_kv") == "1024");
  CHECK(attention.rows[1].at("dtype") == "bf16_kvfp8");
  CHECK(attention.skipped.at("attention over a sliding window") == 1);
  const Read moe = read("aiconfigurator", kAicMoe);
  CHECK(moe.rows.at(0).at("n") == "2048");
  CHECK(moe.rows[0].at("ep") == "8");
  const Read nccl = read("aiconfigurator", kAicNccl);
  CHECK(nccl.rows.at(0).at("message_bytes") == "512");
  CHECK(nccl.rows[0].at("software") == "nccl-2.27.3");
  CHECK(nccl.rows[0].at("platform") == "dgx_b200");
  std::string bad = kAicGemm;
  bad.replace(bad.find("4096,4096,0.05"), 4, "4o96");
  const Read rest = read("aiconfigurator", bad);
  CHECK(rest.rows.size() == 1);
  CHECK(rest.first.at("rows that cannot be read").str() ==
        "f:2:66: column 'n' must be a number, found '4o96'");
}

TEST_CASE("tables: a row that is wrong costs itself") {
  const std::string head = "op,gpu,time_us\n", good = "gemm,h100_sxm_80gb,1\n";
  for (const char* bad : {",h100_sxm_80gb,1\n", "gemm,h100_sxm_80gb,inf\n", "gemm,h100_sxm_80gb,0\n",
                          "gemm,h100_sxm_80gb\n", "gemm,h100_sxm_80gb,1,2\n"}) {
    INFO(bad);
    const Read r = read("tidy", head + good + bad + good);
    CHECK(r.rows.size() == 2);
    CHECK(r.first.at("rows that cannot be read").place.line == 3);
  }
}

TEST_CASE("BabelStream: the device of each back end, runs in one log, rows that contradict themselves") {
  const auto of = [](const std::string& device) {
    std::string text = kBabelText;
    return text.replace(text.find("Using CUDA device NVIDIA A100-SXM4-80GB"), 39, device);
  };
  for (const char* device :
       {"Using HIP device NVIDIA L40S", "Using SYCL device NVIDIA L40S", "Using OpenCL device NVIDIA L40S",
        "Using CUDA device: NVIDIA L40S", "Using device: NVIDIA L40S", "  Using Kokkos device NVIDIA L40S"}) {
    INFO(device);
    CHECK(read("babelstream", of(device)).rows.at(0).at("gpu") == "l40s");
  }
  const Read host = read("babelstream", kBabelText + of("(OpenMP has no line)"));
  REQUIRE(host.rows.size() == 4);
  CHECK(host.rows[1].at("gpu") == "a100_sxm_80gb");
  CHECK(host.rows[2].count("gpu") == 0);  // not the device of the run above
  std::string wrong = kBabelText;
  wrong.replace(wrong.find("1700000.000"), 11, "1300000.000");
  const Read r = read("babelstream", wrong);
  CHECK(r.rows.size() == 1);
  CHECK_THAT(r.first.at("rows that cannot be read").str(), Contains("but Min says 0.00032"));
  std::string invalid = kBabelText;
  invalid.insert(invalid.find("Function"), "Validation failed on a[]. Average error 0.5\n");
  CHECK(read("babelstream", invalid).rows.empty());
}

TEST_CASE("nvbandwidth: errors cost their test, cells their path; a cell has the GPU of its ends") {
  std::string text = kNvText;
  text.replace(text.find("390.00"), 6, "   inf");
  text +=
      "\nRunning device_to_host_memcpy_ce.\n[CUDA_ERROR_OUT_OF_MEMORY] out of memory\nERROR: test failed\n";
  const Read r = read("nvbandwidth", text);
  CHECK(r.rows.size() == 3);
  CHECK(r.skipped.at("rows that cannot be read") == 1);
  CHECK(r.skipped.at("tests that did not run") >= 1);
  std::string mixed = kNvText;
  mixed.replace(mixed.find("Device 1: NVIDIA H200"), 21, "Device 1: NVIDIA L40S");
  const Read m = read("nvbandwidth", mixed);
  REQUIRE(m.rows.size() == 2);
  CHECK(m.rows[0].at("gpu") == "h200_sxm");
  CHECK(m.rows[1].at("gpu") == "l40s");
  CHECK(m.skipped.at("paths between different GPUs") == 2);
}

TEST_CASE("Vidur: shapes follow from the model and the tensor parallelism") {
  Given given;
  given.gpu = "a40";
  const Read mlp = read("vidur", kVidurMlp, given);
  REQUIRE(mlp.rows.size() == 2);
  CHECK(mlp.rows[0].at("op") == "gemm");
  CHECK(mlp.rows[0].at("n") == "5120");
  CHECK(mlp.rows[0].at("k") == "8192");
  CHECK(mlp.rows[0].at("time_us") == "120");
  CHECK(mlp.rows[0].at("gpu") == "a40");
  CHECK(std::stod(mlp.rows[1].at("bytes")) == 24 * 8192 * 2 * 2);
  CHECK(mlp.skipped.at("parts without a time") == 1);
  const Read attention = read("vidur", kVidurAttention, given);
  REQUIRE(attention.rows.size() == 2);
  CHECK(attention.rows[0].at("seq_kv") == "768");
  CHECK(attention.rows[1].at("op") == "attention_decode");
  CHECK(attention.rows[1].at("heads") == "16");
  const Read network = read("vidur", kVidurNetwork, given);
  REQUIRE(network.rows.size() == 1);
  CHECK(network.rows[0].at("ranks_per_node") == "2");
  CHECK(network.rows[0].at("time_us") == "43");
}

TEST_CASE("durations: quantiles stay right in bins") {
  Durations d;
  for (int i = 1; i <= 100000; ++i) d.add(i);
  CHECK(d.count() == 100000);
  CHECK(d.smallest() == 1);
  CHECK(d.quantile(0.5) == Approx(50000).epsilon(0.003));
  CHECK(d.quantile(0.9) == Approx(90000).epsilon(0.003));
}

TEST_CASE("kernels by name") {
  const std::pair<const char*, const char*> cases[] = {
      {"ncclDevKernel_ReduceScatter_Sum_bf16_RING_LL", "reduce_scatter"},
      {"void flash_bwd_dq_dk_dv_loop_seqk_parallel_kernel<cutlass::gemm>", "attention_backward"},
      {"sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize64x64", "gemm"},
      {"Cijk_Ailk_Bljk_BBS_BH_MT128x128x32", "gemm"},
      {"void cublasLt::splitKreduce_kernel<32, 16>", "gemm_split_k_sum"},
      {"void vllm::rms_norm_kernel<c10::BFloat16>", "rmsnorm"},
      {"void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<float>", "layernorm"},
      {"void at::native::vectorized_elementwise_kernel<4>", "elementwise"},
      {"fused_moe_kernel", "moe"},
      {"my_kernel", "other"},
  };
  for (const auto& [name, op] : cases) {
    INFO(name);
    CHECK(kernel_class(name) == op);
  }
}

TEST_CASE("a database that makes endless work is refused") {
  const ScratchFolder folder;
  const auto refused = [&](const char* name, const std::string& sql) {
    const auto path = folder.path() / name;
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    try {
      read("nsys", Input::of_file(path));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string kernels =
      "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, \"end\" INTEGER, demangledName INTEGER);";
  const std::string count =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) ";
  CHECK_THAT(
      refused("view",
              "CREATE TABLE StringIds(id INTEGER, value TEXT);"
              "CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
              "i + 1 FROM n) SELECT i AS start, i + 1 AS \"end\", i AS demangledName FROM n;"),
      Contains("is no plain table"));
  CHECK_THAT(
      refused("ids", kernels + "CREATE TABLE StringIds(id INTEGER, value TEXT);" + "INSERT INTO StringIds " +
                         count + "SELECT 1, 'k' FROM n; INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL " + count +
                         "SELECT i, i + 5, 1 FROM n;"),
      Contains("far more work"));
}
