#include "calibration/kernel_rows.hpp"

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

TEST_CASE("prefill runs with a cache, and one query per sequence as decoding") {
  const std::string header = "gpu,op,batch,heads,kv_heads,head_dim,seq_q,seq_kv,dtype,time_us\n";
  const auto rows =
      read(header + "g,attention_prefill,2,32,8,128,512,512,bf16_kvfp8,9\n" +
           "g,attention_prefill,2,32,8,128,1,1,bf16,9\n" + "g,attention_forward,2,32,8,128,512,512,bf16,9\n" +
           "g,attention_decode,2,32,8,128,1,4096,bf16_kvfp8,9\n");
  const auto& prefill = std::get<Attention>(*rows[0].op);
  CHECK(prefill.cached);
  CHECK(prefill.cache_dtype == Dtype::fp8);
  CHECK(std::get<AttentionDecode>(*rows[1].op).seq_kv == 1);
  CHECK_FALSE(std::get<Attention>(*rows[2].op).cached);
  CHECK(std::get<AttentionDecode>(*rows[3].op).cache_dtype == Dtype::fp8);
}

TEST_CASE("attention that keeps its scores in memory is priced so; our plain kernel is not") {
  const std::string header = "gpu,op,batch,heads,kv_heads,head_dim,seq_q,seq_kv,algorithm,dtype,time_us\n";
  const auto rows = read(header + "g,attention_forward,2,32,8,128,512,512,scores in memory,fp32,9\n" +
                         "g,attention_backward,2,32,8,128,512,512,fused,bf16,9\n" +
                         "g,attention_forward,2,32,8,128,512,512,\"plain, one thread per row\",bf16,9\n");
  CHECK(std::get<Attention>(*rows[0].op).kernel == AttentionKernel::plain);
  CHECK(std::get<Attention>(*rows[1].op).kernel == AttentionKernel::flash);
  CHECK(rows[2].unsupported == "no model for attention by a kernel that no framework runs");
}

TEST_CASE("expert layers: formats, distributions, ungated models") {
  const std::string header = "gpu,op,m,n,k,topk,experts,tp,ep,distribution,dtype,time_us\n";
  const auto rows =
      read(header + "g,moe,64,2048,7168,8,256,1,8,power_law_1.2,fp8_block,9\n" +
           "g,moe,64,1856,2688,6,128,2,1,balanced,nvfp4,9\n" + "g,moe,64,2048,7168,8,256,1,8,zipf,fp8,9\n" +
           "g,moe,64,2048,7168,8,256,1,8,uniform,int4,9\n");
  const auto& first = std::get<ExpertLayer>(*rows[0].op);
  CHECK(first.skew == 1.2);
  CHECK(first.ep == 8);
  CHECK(first.gated);
  CHECK(first.format == ExpertFormat::fp8_block);
  const auto& second = std::get<ExpertLayer>(*rows[1].op);
  CHECK(second.skew == 0);
  CHECK_FALSE(second.gated);
  CHECK(second.format == ExpertFormat::fp4);
  CHECK(rows[2].unsupported == "no model for the distribution \"zipf\" of tokens over experts");
  CHECK(rows[3].unsupported == "no model for expert layers of dtype \"int4\"");
  CHECK(error_of(header + "g,moe,64,2048,7168,8,4,1,8,balanced,fp8,9\n").find("ep: expected no more ranks") !=
        std::string::npos);
}

TEST_CASE("layer operations by op and layer") {
  const std::string header = "gpu,op,layer,bytes,dtype,time_us\n";
  const auto rows = read(header + "g,elementwise,attn_rope,100,fp16,1\ng,rmsnorm,,100,fp16,1\n" +
                         "g,elementwise,gelu_poly,100,fp16,1\n");
  CHECK(std::get<Streaming>(*rows[0].op).kind == StreamKind::rotary);
  CHECK(std::get<Streaming>(*rows[1].op).kind == StreamKind::norm);
  CHECK(rows[2].unsupported == "no model for elementwise operation \"gelu_poly\"");
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

TEST_CASE("a kernel of a trace, without its shape, is unsupported and no mistake") {
  const auto rows = read(kGemm + "g,s,gemm,,,,bf16,2.5,\n");
  CHECK_FALSE(rows[0].op);
  CHECK(rows[0].unsupported == "no shape in the table (a trace names kernels, not their sizes)");
}
