// Tables of measured collectives: the three layouts, records, and what is wrong in them.
#include "records/collective_rows.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "collectives/predict.hpp"
#include "root.hpp"

using namespace aifsim;

namespace {

std::vector<CollectiveRow> read(const std::string& text, const std::string& by = "platform") {
  std::istringstream in(text);
  std::vector<CollectiveRow> rows;
  const Catalog shipped(test_root());
  read_collective_rows(in, "t.csv", by, &shipped,
                       [&](CollectiveRow&& row) { rows.push_back(std::move(row)); });
  return rows;
}

std::string message_of(const std::string& text, const std::string& by = "platform") {
  try {
    read(text, by);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

const std::string gpu_header =
    "platform,op,ranks,ranks_per_node,message_bytes,algorithm,software,dtype,time_us\n";
const std::string mpi_header =
    "platform,nodes,tasks_per_node,collective,mpi_lib,mpi_ver,gpu_buffers,algorithm,bytes_per_rank_arg,"
    "median_us,notes\n";
const std::string expert_header =
    "sys,fw,fwver,kind,node_num,hidden_size,num_token,num_topk,num_experts,sms,dispatch_us,combine_us\n";

}  // namespace

TEST_CASE("a table of GPU collectives is read") {
  const auto rows =
      read(gpu_header + "dgx,allreduce,8,8,1048576,nccl-auto,nccl-2.27.3,int8,12.5\n", "op,ranks");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].platform == "dgx");
  CHECK(rows[0].group == "allreduce 8");
  CHECK(rows[0].time.value == Approx(12.5e-6));
  CHECK(rows[0].query.eight_bit);
  CHECK(rows[0].query.volume() == Approx(2 * 7 / 8.0 * 1048576));
  CHECK(block_of(rows[0].query) == "library");
}

TEST_CASE("an engine's kernel, and the library, have their own blocks") {
  const auto rows = read(gpu_header +
                         "dgx,allreduce,8,8,1024,custom:SGLang_CustomAllReduce_graph:,sglang-0.5.14,half,3\n"
                         "dgx,allreduce,8,8,1024,custom:SGLang_CustomAllReduce_graph:,sglang-0.5.9,half,5\n"
                         "dgx,allreduce,32,8,1024,nccl-auto,nccl,half,50\n");
  CHECK(block_of(rows[0].query) == "kernels.sglang2");
  CHECK(block_of(rows[1].query) == "kernels.sglang");
  CHECK(block_of(rows[2].query) == "library");
}

TEST_CASE("a table of MPI collectives is read, and tasks in the notes count") {
  const auto rows =
      read(mpi_header + "leo,256,1,ALLGATHER,OMPI,4.1.6,no,ring_ompi,16384,1065,4 tasks per node\n" +
           "leo,4,1,ALLREDUCE,OMPI,4.1.6,no,ring_ompi,16384,65,null\n" +
           "leo,4,1,ALLREDUCE,OMPI,4.1.6,no,ring_ompi,16384,65,rail 4\n" +
           "leo,4,1,ALLREDUCE,OMPI,4.1.6,no,ring_ompi,16384,65,UCX_MAX_RNDV_RAILS=1\n");
  CHECK(rows[0].query.ranks == 1024);
  CHECK(rows[0].query.ranks_per_node == 4);
  CHECK(rows[1].query.ranks == 4);
  CHECK(block_of(rows[1].query) == "steps.OMPI.host");
  CHECK(rows[0].query.rails == 0);
  CHECK(rows[1].query.rails == 0);
  CHECK(rows[2].query.rails == 4);
  CHECK(rows[3].query.rails == 1);
}

TEST_CASE("a row of expert exchange is two collectives") {
  const auto rows =
      read(expert_header + "b200,sglang,0.5.12,normal,2,7168,128,8,256,24,31,35\n", "platform,op");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].platform == "dgx_b200");
  CHECK(rows[0].query.ranks == 16);
  CHECK(rows[0].group == "dgx_b200 moe_dispatch");
  CHECK(rows[1].time.value == Approx(35e-6));
  CHECK(block_of(rows[1].query) == "experts.normal.combine");
  CHECK(rows[1].query.multiprocessors == 24);
  const auto racks = read(expert_header + "gb200,sglang,0.5.12,normal,2,7168,128,8,256,24,31,\n", "platform");
  CHECK(racks[0].query.ranks == 8);  // its nodes hold four GPUs
  CHECK(racks[0].unsupported == "");
  CHECK(racks[1].unsupported == "no time");
}

TEST_CASE("what is no collective is reported, not dropped") {
  const auto rows = read(
      "platform,op,ranks,ranks_per_node,message_bytes,time_us\nx,gemm,,,,5\nx,scan,4,4,64,5\nx,allreduce,4,,"
      "64,5\n");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].unsupported == "\"gemm\" is no collective: no ranks or no message_bytes");
  CHECK(rows[1].unsupported == "no model for the operation \"scan\"");
  CHECK(rows[2].unsupported == "no ranks_per_node");
}

TEST_CASE("bad rows of collectives name file, line and column") {
  CHECK(message_of(gpu_header + "dgx,allreduce,8,8,0,nccl,n,half,1\n") ==
        "t.csv:2:19: message_bytes: expected a number above 0, found \"0\"");
  CHECK(message_of(gpu_header + "dgx,allreduce,8.5,8,64,nccl,n,half,1\n") ==
        "t.csv:2:15: ranks: expected a whole number, found \"8.5\"");
  CHECK(message_of(gpu_header + "dgx,allreduce,12,8,64,nccl,n,half,1\n") ==
        "t.csv:2:18: ranks_per_node: 8 does not divide 12 ranks");
  CHECK(message_of(gpu_header + "dgx,allreduce,8,8,64,nccl,n,half,-1\n") ==
        "t.csv:2:34: time_us: expected a number above 0, found \"-1\"");
  CHECK(message_of(mpi_header + "leo,4,1,ALLREDUCE,OMPI,4,maybe,ring,64,5,\n") ==
        "t.csv:2:26: gpu_buffers: expected yes or no, found \"maybe\"");
  CHECK(message_of(expert_header + "b200,s,1,fast,1,7168,1,8,256,4,1,1\n") ==
        "t.csv:2:10: kind: expected normal or low_latency, found \"fast\"");
  CHECK(message_of(gpu_header, "colour").find("colour") != std::string::npos);
  CHECK(message_of("a,b\n1,2\n").find("time_us") != std::string::npos);
}
