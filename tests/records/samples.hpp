// Small files in each format, written by hand.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "records/import.hpp"
#include "records/link_samples.hpp"
#include "records/training_samples.hpp"
#include "shipped.hpp"

namespace aifsim::records {

struct Sample {
  const char* format;
  std::string text;
};

inline const std::string kNcclText =
    R"(srun: job 17 has been allocated resources
# nccl-tests version 2.17.1 nccl-headers=22703 nccl-library=22703
# Collective test starting: all_reduce_perf
# nThread 1 nGpus 1 minBytes 1024 maxBytes 4096 step: 2(factor) warmup iters: 1 iters: 20 agg iters: 1 validation: 1 graph: 0
#
# Using devices
#  Rank  0 Group  0 Pid    101 on      node1 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
#  Rank  1 Group  0 Pid    102 on      node1 device  1 [0000:2c:00] NVIDIA H100 80GB HBM3
#  Rank  2 Group  0 Pid    201 on      node2 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
#  Rank  3 Group  0 Pid    202 on      node2 device  1 [0000:2c:00] NVIDIA H100 80GB HBM3
NCCL version 2.27.3+cuda12.9
#
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
        1024           256     float     sum      -1    12.50    0.08    0.12       0    12.10    0.08    0.13       0
        2048           512     float     sum      -1    13.00    0.16    0.24     N/A    12.90    0.16    0.24     N/A
        4096          1024     float     sum      -1    14.00    0.29    0.44       3    13.90    0.29    0.44       0
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 0.2
# Collective test concluded: all_reduce_perf
)";

inline const std::string kNcclJson = R"({"version":2,"start_time":"2026-01-01 10:00:00",
"args":["./build/reduce_scatter_perf","-J","o.json"],"env":["HOME=\/root"],"nccl_version":22703,
"config":{"nthreads":1,"ngpus":2,"iterations":20,"devices":[
{"rank":0,"group":0,"pid":1,"hostname":"a","device":0,"device_hex":"0000:1b:00","device_info":"NVIDIA B200"},
{"rank":2,"group":0,"pid":2,"hostname":"b","device":0,"device_hex":"0000:1b:00","device_info":"NVIDIA B200"}]},
"results":[{"size":4096,"count":256,"type":"bfloat16","redop":"sum","root":"    -1",
"out_of_place":{"time":20.5,"alg_bw":0.2,"bus_bw":0.15,"nwrong":0.0},
"out_of_place_per_iter":{"min_us":19.25,"p50_us":20.0,"times_us":[20.0,21.0]},
"in_place":{"time":20.1,"alg_bw":0.2,"bus_bw":0.15,"nwrong":null},"actual_iterations":20,"experiment_name":"x"}],
"out_of_bounds":{"count":0,"okay":"true"}}
)";

inline const std::string kRcclJson =
    R"J([
{"numCycle":0, "name":"AllReduce", "nodes":2, "ranks":16, "ranksPerNode":8, "gpusPerRank":1, "size":1024, "type":"float", "redop":"sum", "inPlace":0, "time":25.500000, "algBw":0.040000, "busBw":0.075000, "wrong":"0"},
{"numCycle":0, "name":"AllReduce", "nodes":2, "ranks":16, "ranksPerNode":8, "gpusPerRank":1, "size":1024, "type":"float", "redop":"sum", "inPlace":1, "time":25.000000, "algBw":0.040000, "busBw":0.075000, "wrong":"N/A"}
]
)J";

inline const std::string kOsu = R"(# OSU MPI-CUDA Allgather Latency Test v7.4
# Datatype: MPI_CHAR.
# Size       Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations
1024                   12.50             11.00             14.00        1000
[node1:123] a warning of the library
2048                   15.00             13.00             17.00        1000

# OSU MPI Bandwidth Test v7.4
# Size      Bandwidth (MB/s)
1048576             20000.00
)";

inline const std::string kBabelText = R"(BabelStream
Version: 5.0
Implementation: CUDA
Running kernels 100 times
Precision: double
Array size: 268.4 MB (=0.3 GB)
Total size: 805.3 MB (=0.8 GB)
Using CUDA device NVIDIA A100-SXM4-80GB
Driver: 12020
Function    MBytes/sec  Min (sec)   Max         Average
Copy        1700000.000 0.00032     0.00033     0.00032
Triad       1750000.000 0.00046     0.00048     0.00147
)";

inline const std::string kBabelCsv = R"(phase,n_elements,sizeof,max_mbytes_per_sec,runtime
Init,1000000,8,1000,0.01
function,num_times,n_elements,sizeof,max_mbytes_per_sec,min_runtime,max_runtime,avg_runtime
Copy,100,1000000,8,1600000,1e-05,2e-05,1.2e-05
Dot,100,1000000,8,1600000,1.1e-05,2e-05,1.3e-05
)";

inline const std::string kNvText = R"(nvbandwidth Version: v0.8
Built from Git version: v0.8

CUDA Runtime Version: 12090
Driver Version: 575.57

node1
Device 0: NVIDIA H200 (00000000:18:00.0)
Device 1: NVIDIA H200 (00000000:2a:00.0)

Running host_to_device_memcpy_ce.
memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
           0         1
 0     55.00     54.00

SUM host_to_device_memcpy_ce 109.00

Running device_to_device_memcpy_read_ce.
memcpy CE GPU(row) -> GPU(column) bandwidth (GB/s)
           0         1
 0       N/A    390.00
 1    391.00       N/A

SUM device_to_device_memcpy_read_ce 781.00
)";

inline const std::string kNvJson =
    R"J({"nvbandwidth":{"CUDA Runtime Version":12090,"Driver Version":"575.57",
"testcases":[{"bandwidth_description":"memcpy CE GPU(row) <- GPU(column) bandwidth (GB/s)",
"bandwidth_matrix":[["N/A","276.0"],["277.0","N/A"]],"name":"device_to_device_memcpy_read_ce","status":"Passed","sum":553.0},
{"name":"multinode_device_to_device_memcpy_read_ce","status":"Waived"}]}}
)J";

inline const std::string kKineto =
    R"J({"schemaVersion":1,"deviceProperties":[{"id":0,"name":"NVIDIA H100 80GB HBM3","totalGlobalMem":85}],
"traceEvents":[
{"ph":"X","cat":"cpu_op","name":"aten::addmm","pid":1,"tid":1,"ts":10.0,"dur":50,"args":{"External id":7,
 "Input Dims":[[512],[1024,2048],[2048,512],[],[]],"Input type":["c10::BFloat16","c10::BFloat16","c10::BFloat16","Scalar","Scalar"],
 "Concrete Inputs":["","","","1","1"]}},
{"ph":"X","cat":"cpu_op","name":"aten::_flash_attention_forward","pid":1,"tid":1,"ts":20.0,"dur":50,"args":{"External id":8,
 "Input Dims":[[2,4096,32,128],[2,4096,8,128],[2,4096,8,128],[],[],[],[],[],[],[]],
 "Input type":["c10::BFloat16","c10::BFloat16","c10::BFloat16","","","Scalar","Scalar","Scalar","Scalar","Scalar"],
 "Concrete Inputs":["","","","","","4096","4096","0.","True","False"]}},
{"ph":"X","cat":"kernel","name":"nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT","pid":0,"tid":7,"ts":30,"dur":12.5,
 "args":{"External id":7,"device":0,"stream":7,"correlation":70,"grid":[16,8,1],"block":[384,1,1]}},
{"ph":"X","cat":"kernel","name":"nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT","pid":0,"tid":7,"ts":50,"dur":13.5,
 "args":{"External id":7,"device":0,"stream":7,"correlation":71,"grid":[16,8,1],"block":[384,1,1]}},
{"ph":"X","cat":"kernel","name":"void flash::flash_fwd_kernel<...>","pid":0,"tid":7,"ts":70,"dur":400,
 "args":{"External id":8,"grid":[32,2,32],"block":[128,1,1]}},
{"ph":"X","cat":"kernel","name":"void at::native::vectorized_elementwise_kernel<4, ...>","pid":0,"tid":7,"ts":90,"dur":3,
 "args":{"External id":9,"grid":[32,1,1],"block":[128,1,1]}},
{"ph":"X","cat":"kernel","name":"ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)","pid":0,"tid":8,"ts":91,"dur":80,
 "args":{"Collective name":"allreduce","In msg nelems":1024,"Out msg nelems":1024,"Group size":8,"dtype":"BFloat16","grid":[24,1,1],"block":[544,1,1]}},
{"ph":"X","cat":"gpu_memcpy","name":"Memcpy HtoD (Pinned -> Device)","pid":0,"tid":7,"ts":99,"dur":5,"args":{"bytes":65536}},
{"ph":"i","name":"Record Window End","pid":"","tid":"","ts":120}
]}
)J";

inline const std::string kMllog = R"(0: starting
:::MLLOG {"namespace": "", "time_ms": 1000, "event_type": "POINT_IN_TIME", "key": "submission_benchmark", "value": "llama31_405b", "metadata": {}}
:::MLLOG {"namespace": "", "time_ms": 1001, "event_type": "POINT_IN_TIME", "key": "global_batch_size", "value": 1152, "metadata": {}}
:::MLLOG {"namespace": "", "time_ms": 2000, "event_type": "INTERVAL_START", "key": "run_start", "value": null, "metadata": {}}
0: :::MLLOG {"namespace": "", "time_ms": 12000, "event_type": "POINT_IN_TIME", "key": "tracked_stats", "value": {"throughput": 115.2}, "metadata": {"step": 1}}
:::MLLOG {"namespace": "", "time_ms": 22000, "event_type": "POINT_IN_TIME", "key": "tracked_stats", "value": {"throughput": 96.0}, "metadata": {"step": 2}}
:::MLLOG {"namespace": "", "time_ms": 62000, "event_type": "INTERVAL_END", "key": "run_stop", "value": null, "metadata": {"status": "success"}}
)";

inline const std::string kAicGemm =
    "framework,version,device,op_name,kernel_source,gemm_dtype,m,n,k,latency,power,power_limit\n"
    "TRTLLM,1.2.0,NVIDIA H100 80GB HBM3,gemm,torch_flow,bfloat16,1024,4096,4096,0.05,,\n"
    "VLLM,0.22.0,NVIDIA H200,gemm,vllm_default,fp8,64,4096,4096,0.0125,523.4,700.0\n";
inline const std::string kAicAttention =
    "framework,version,device,op_name,kernel_source,batch_size,isl,num_heads,num_key_value_heads,head_dim,"
    "beam_width,"
    "attn_dtype,kv_cache_dtype,step,window_size,latency\n"
    "VLLM,0.22.0,NVIDIA H100 80GB HBM3,context_attention,fa3,2,1024,32,8,128,1,bfloat16,bfloat16,0,0,0.25\n"
    "VLLM,0.22.0,NVIDIA H100 80GB HBM3,generation_attention,fa3,8,1,32,8,128,1,bfloat16,fp8,1023,0,0.02\n"
    "VLLM,0.22.0,NVIDIA H100 80GB HBM3,context_attention,fa3,2,1024,32,8,128,1,bfloat16,bfloat16,0,128,0.1\n";
inline const std::string kAicMoe =
    "framework,version,device,op_name,kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_"
    "experts,"
    "moe_tp_size,moe_ep_size,distribution,latency\n"
    "TRTLLM,1.2.0,NVIDIA B200,moe,moe_torch_flow,nvfp4,64,7168,2048,8,256,1,8,power_law_1.2,0.5\n";
inline const std::string kAicNccl =
    "framework,version,device,op_name,kernel_source,nccl_dtype,num_gpus,message_size,latency\n"
    "TRTLLM,2.27.3,NVIDIA B200,all_gather,NCCL,half,8,256,0.0107\n";

inline const std::string kVidurMlp =
    "time_stats.emb.min,time_stats.emb.median,time_stats.attn_pre_proj.min,time_stats.attn_pre_proj.median,"
    "time_stats.mlp_act.median,n_head,n_kv_head,n_embd,n_expanded_embd,vocab_size,use_gated_mlp,num_tokens,"
    "num_tensor_parallel_workers\n"
    "0.010,0.012,0.1,0.12,,64,8,8192,28672,32000,True,24,2\n";
inline const std::string kVidurAttention =
    ",time_stats.attn_prefill.median,time_stats.attn_decode.median,n_embd,n_q_head,n_kv_head,block_size,"
    "num_tensor_parallel_workers,max_model_len,batch_size,prefill_chunk_size,kv_cache_size,is_prefill,"
    "attention_backend\n"
    "0,0.5,,4096,32,32,16,1,4096,1,512,256,True,FLASHINFER\n"
    "1,,0.05,4096,32,32,16,2,4096,8,0,1024,False,FLASHINFER\n";
inline const std::string kVidurNetwork =
    ",time_stats.all_reduce.min,time_stats.all_reduce.max,time_stats.all_reduce.mean,time_stats.all_reduce."
    "median,"
    "time_stats.all_reduce.std,rank,num_workers,size,collective,devices_per_node,max_devices_per_node\n"
    "0,0.031,0.077,0.05,0.043,0.01,0,4,2048,all_reduce,2,8\n"
    "1,0.031,0.077,0.05,0.044,0.01,1,4,2048,all_reduce,2,8\n";

inline const std::string kTidy =
    "# device: a\ndataset,gpu,op,ranks,ranks_per_node,message_bytes,dtype,time_us,colour\n"
    "x,h100_sxm_80gb,allreduce,8,8,1024,half,10.5,red\n";
inline const std::string kTidyMpi =
    "system,platform,nodes,tasks_per_node,collective,mpi_lib,mpi_ver,gpu_buffers,algorithm,algo_impl,count,"
    "elem_bytes,"
    "bytes_per_rank_arg,n_iter,min_us,p10_us,median_us,mean_us,p90_us,max_us,notes\n"
    "leonardo,leonardo_booster,4,1,REDUCE_SCATTER,OMPI,4.1.6,yes,ring_ompi,int32,8,4,4096,100,20,21,22,23,24,"
    "25,null\n"
    "leonardo,leonardo_booster,4,1,ALLGATHER,OMPI,4.1.6,no,ring_ompi,int32,8,4,4096,100,20,21,22,23,24,25,4 "
    "tasks per node\n";
inline const std::string kTidyExperts =
    "sys,fw,fwver,kind,node_num,hidden_size,num_token,num_topk,num_experts,sms,dispatch_us,combine_us\n"
    "gb200,sglang,0.5.12,normal,2,7168,16,8,256,24.0,31.5,\n";

inline std::vector<Sample> samples() {
  return {{"nccl-tests", kNcclText},
          {"nccl-tests", kNcclJson},
          {"nccl-tests", kRcclJson},
          {"osu", kOsu},
          {"babelstream", kBabelText},
          {"babelstream", kBabelCsv},
          {"nvbandwidth", kNvText},
          {"nvbandwidth", kNvJson},
          {"kineto", kKineto},
          {"mllog", kMllog},
          {"aiconfigurator", kAicGemm},
          {"aiconfigurator", kAicAttention},
          {"aiconfigurator", kAicMoe},
          {"aiconfigurator", kAicNccl},
          {"vidur", kVidurMlp},
          {"vidur", kVidurAttention},
          {"vidur", kVidurNetwork},
          {"tidy", kTidy},
          {"tidy", kTidyMpi},
          {"tidy", kTidyExperts},
          {"perftest", kWriteBw},
          {"perftest", kReadBwMb},
          {"perftest", kSendLat},
          {"perftest", kWriteBwJson},
          {"perftest", kSendLatJson},
          {"stream", kStream},
          {"p2p-test", kP2p},
          {"transferbench", kTransferBench},
          {"transferbench", kTransferBenchP2p},
          {"transferbench", kTransferBenchCsv},
          {"nsys-stats", kNsysKernels},
          {"nsys-stats", kNsysText},
          {"nsys-stats", kNsysTrace},
          {"nccl-csv", kRcclCsv},
          {"nccl-csv", kNcclCsv},
          {"imb", kImb},
          {"megatron", kMegatron},
          {"deepspeed", kDeepspeed},
          {"torchtitan", kTorchtitan},
          {"nemo", kNemo},
          {"nemo", kNemoBar},
          {"nemo", kLightning},
          {"hf-trainer", kHfTrainer},
          {"hf-trainer", kHfResults},
          {"nanotron", kNanotron}};
}

inline const Format& named(const std::string& name) {
  for (const Format& format : formats())
    if (format.name == name) return format;
  throw std::logic_error("no format " + name);
}

using Row = std::map<std::string, std::string>;

struct Read {
  std::vector<Row> rows;
  std::map<std::string, std::size_t> skipped;
  std::vector<std::string> notes;
  std::map<std::string, Problem> first;  // reason -> the first that was left out
};

inline Read read(const std::string& format, const Input& input, const Given& given = {}) {
  Read out;
  Sink sink(given, &shipped(), [&](const RecordRow& row) {
    Row cells;
    for (const auto& [column, value] : row.cells())
      if (!value.empty()) cells[column] = value;
    out.rows.push_back(std::move(cells));
  });
  named(format).read(input, sink);
  out.skipped = sink.skipped();
  out.notes = sink.notes();
  out.first = sink.first_skipped();
  return out;
}

inline Read read(const std::string& format, const std::string& text, const Given& given = {}) {
  return read(format, Input::of_text("f", text), given);
}

// The message of the InputError, or of the first row that was left out where no row was kept; "" when there is none.
inline std::string error_of(const std::string& format, const std::string& text, const Given& given = {}) {
  try {
    const Read r = read(format, text, given);
    for (const auto& [reason, problem] : r.first)
      if (r.rows.empty() && !problem.message.empty()) return problem.str();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace aifsim::records
