#include "kernels/kernel_tables.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"

using namespace aifsim;

namespace {

constexpr const char* header =
    "dataset,gpu,software,op,m,n,k,batch,heads,kv_heads,head_dim,seq_q,seq_kv,bytes,dtype,time_us,layer\n";

// Three tables in a folder of their own, gone at the end.
class Tables {
 public:
  Tables() : folder_(std::filesystem::temp_directory_path() / "aifsim_kernel_tables_test") {
    std::filesystem::create_directories(folder_);
    write("gemm.csv",
          "d,g1,s1,gemm,8,16,32,,,,,,,,bf16,5.5,\nd,g1,s1,gemm,8,16,32,,,,,,,,fp8,5,\n"
          "d,g2,s1,gemm,8,16,32,,,,,,,,bf16,7,\n");
    write("attention.csv",
          "d,g1,s2,attention_prefill,,,,2,8,4,128,64,64,,bf16,11,\n"
          "d,g1,s2,attention_prefill,,,,2,8,4,512,64,64,,bf16,11,\n");
    write("layer.csv",
          "d,g1,s3,rmsnorm,1,,64,,,,,,,1000.0,fp16,3,input_layernorm\n"
          "d,g1,s3,elementwise,1,,64,,,,,,,2000.0,fp16,3,mlp_act\n"
          "d,g1,s3,elementwise,1,,64,,,,,,,3000.0,fp16,3,add\n"
          "d,g1,s3,elementwise,1,,64,,,,,,,3000.0,fp16,3,unheard_of\n"
          "d,g1,s3,embedding,1,,64,,,,,,,4000.0,fp16,3,emb\n"
          "d,g1,s3,gemm,1,4096.0,64,,,,,,,,fp16,3,mlp_up_proj\n");
  }
  ~Tables() { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& rows) const {
    std::ofstream(folder_ / name) << header << rows;
  }
  KernelSamples read(const std::string& gpu) const {
    return read_kernel_samples({folder_ / "gemm.csv", folder_ / "attention.csv", folder_ / "layer.csv"}, gpu);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("kernel tables give the samples of one GPU") {
  const KernelSamples samples = Tables().read("g1");
  REQUIRE(samples.gemm.size() == 1);
  CHECK(samples.gemm[0].op == Gemm{8, 16, 32, 1, Dtype::bf16});
  CHECK(samples.gemm[0].time.value == Approx(5.5e-6));
  CHECK(samples.gemm[0].group == "s1");
  REQUIRE(samples.attention.size() == 1);
  CHECK(samples.attention[0].op.heads == 8);
  CHECK(samples.attention[0].op.kv_heads == 4);
  REQUIRE(samples.streaming.size() == 4);
  CHECK(samples.streaming[0].op == Streaming{StreamKind::norm, Bytes{1000}});
  CHECK(samples.streaming[1].op == Streaming{StreamKind::activation, Bytes{2000}});
  CHECK(samples.streaming[2].op == Streaming{StreamKind::add, Bytes{3000}});
  CHECK(samples.streaming[3].op == Streaming{StreamKind::embedding, Bytes{4000}});
  REQUIRE(samples.layer_gemm.size() == 1);
  CHECK(samples.layer_gemm[0].op.n == 4096);
}

TEST_CASE("rows that no model fits are counted by reason, not dropped in silence") {
  const std::map<std::string, std::size_t> expected{
      {"dtype fp8", 1}, {"attention with head_dim 512", 1}, {"layer operation elementwise unheard_of", 1}};
  CHECK(Tables().read("g1").left_out == expected);
}

TEST_CASE("a table without the GPU names those that it has") {
  const Tables tables;
  CHECK_THROWS_WITH(tables.read("g3"),
                    Catch::Contains("the table has no kernel of the GPU g3; it has: g1, g2"));
}

TEST_CASE("bad cells are told with their place") {
  const Tables tables;
  tables.write("gemm.csv", "d,g1,s1,gemm,8.5,16,32,,,,,,,,bf16,5.5,\n");
  CHECK_THROWS_WITH(tables.read("g1"), tables.path("gemm.csv") + ":2:14: m: \"8.5\" is no whole number");
  tables.write("gemm.csv", "d,g1,s1,gemm,8,16,32,,,,,,,,bf16,0,\n");
  CHECK_THROWS_WITH(tables.read("g1"), Catch::Contains("time_us: \"0\" is no number above 0"));
}

TEST_CASE("a table that is not there is an error") {
  CHECK_THROWS_WITH(read_kernel_samples({"/nowhere/gemm.csv", "", ""}, "g1"),
                    Catch::Contains("/nowhere/gemm.csv"));
}
