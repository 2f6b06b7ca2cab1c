#include "kernels/rows.hpp"

#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

using namespace aifsim;

namespace {

std::vector<KernelRow> read(const std::string& text, const std::string& by = "") {
  std::istringstream in(text);
  std::vector<KernelRow> rows;
  read_kernel_rows(in, "t.csv", by, [&](KernelRow&& row) { rows.push_back(std::move(row)); });
  return rows;
}

std::string error_of(const std::string& text, const std::string& by = "") {
  try {
    read(text, by);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

const std::string kGemm = "gpu,software,op,m,n,k,dtype,time_us,power_w\n";

}  // namespace

TEST_CASE("a row becomes an operation with its time") {
  const auto rows = read(kGemm + "g,vllm-1,gemm,8,16,32,bf16,2.5,\n");
  REQUIRE(rows.size() == 1);
  CHECK(std::get<Gemm>(*rows[0].op) == Gemm{8, 16, 32, 1, Dtype::bf16});
  CHECK(rows[0].time.value == Approx(2.5e-6));
  CHECK_FALSE(rows[0].sustained);
}

TEST_CASE("metadata before the header is passed over, and places count on") {
  const std::string text = "# device: X\n# driver: 1.2\n" + kGemm + "g,s,gemm,8,sixteen,32,bf16,2.5,\n";
  CHECK(error_of(text).find("t.csv:4:") == 0);
  CHECK(error_of(text).find("sixteen") != std::string::npos);
}

TEST_CASE("logged power marks a sustained run unless the mode says otherwise") {
  CHECK(read(kGemm + "g,s,gemm,8,16,32,bf16,2.5,600\n")[0].sustained);
  const std::string header = "gpu,op,m,n,k,dtype,time_us,power_w,mode\n";
  CHECK_FALSE(read(header + "g,gemm,8,16,32,bf16,2.5,600,burst\n")[0].sustained);
  CHECK(read(header + "g,gemm,8,16,32,bf16,2.5,,sustained\n")[0].sustained);
  CHECK(error_of(header + "g,gemm,8,16,32,bf16,2.5,,fast\n").find("expected burst or sustained") !=
        std::string::npos);
}

TEST_CASE("operations and dtypes that no model knows are unsupported, with the reason") {
  const auto rows = read(kGemm + "g,s,fft,8,16,32,bf16,2.5,\ng,s,gemm,8,16,32,int3,2.5,\n");
  CHECK_FALSE(rows[0].op);
  CHECK(rows[0].unsupported == "no model for the operation \"fft\"");
  CHECK(rows[1].unsupported == "no model for dtype \"int3\"");
}

TEST_CASE("groups join the cells of several columns") {
  CHECK(read(kGemm + "g,vllm,gemm,8,16,32,bf16,2.5,\n", "gpu,dtype")[0].group == "g bf16");
  CHECK(error_of(kGemm, "colour").find("colour") != std::string::npos);
}

TEST_CASE("bad cells and missing columns are the user's mistakes") {
  CHECK(error_of("gpu,op,dtype\n").find("time_us") != std::string::npos);
  CHECK(error_of(kGemm + "g,s,gemm,8,16,32,bf16,-1,\n").find("above 0") != std::string::npos);
  CHECK(error_of(kGemm + "g,s,gemm,8.5,16,32,bf16,1,\n").find("whole number") != std::string::npos);
  CHECK(error_of(kGemm + "g,s,gemm,,16,32,bf16,1,\n").find("m: expected a number above 0") !=
        std::string::npos);
}

TEST_CASE("the release is the first word of the software") {
  CHECK(release_of("vllm/sarathi fp16 phi-2") == "vllm/sarathi");
  CHECK(release_of("vllm-0.24.0") == "vllm-0.24.0");
}
