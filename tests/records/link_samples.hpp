// Small outputs of tools that measure links and memory, written by hand.
#pragma once
#include <string>

namespace aifsim::records {

inline const std::string kWriteBw = R"(
************************************
* Waiting for client to connect... *
************************************
---------------------------------------------------------------------------------------
                    RDMA_Write BW Test
 Dual-port       : OFF		Device         : mlx5_2
 Number of qps   : 4		Transport type : IB
 Connection type : RC		Using SRQ      : OFF
 PCIe relax order: ON		Lock-free      : OFF
 CQ Moderation   : 1
 Mtu             : 4096[B]
 Link type       : IB
 rdma_cm QPs	 : OFF
---------------------------------------------------------------------------------------
 local address: LID 0x11 QPN 0x0032 PSN 0x5f2841 RKey 0x002440 VAddr 0x007f2e5f64b000
 remote address: LID 0x12 QPN 0x003a PSN 0xc0fd7e RKey 0x002442 VAddr 0x007f443b2f8000
---------------------------------------------------------------------------------------
 #bytes     #iterations    BW peak[Gb/sec]    BW average[Gb/sec]   MsgRate[Mpps]
Conflicting CPU frequency values detected: 5008.116000 != 3295.212000. CPU Frequency is not max.
 8          5000             0.48               0.48   		   7.500000
 32768      5000             196.90             196.61 		   0.750000
 1048576    5000             197.10             99.00 		   0.023500
---------------------------------------------------------------------------------------
)";

inline const std::string kReadBwMb = R"(                    RDMA_Read BW Test
 Number of qps   : 1		Transport type : IB
 Link type       : Ethernet
 local address: LID 0000 QPN 0x0108 PSN 0x63ad7d
 GID: 00:00:00:00:00:00:00:00:00:00:255:255:10:00:00:05
 remote address: LID 0000 QPN 0x0109 PSN 0xf3810c
 GID: 00:00:00:00:00:00:00:00:00:00:255:255:10:00:00:05
 #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]
 65536      1000             11000.00           10000.00		     0.160000
 65536      1000             11000.00           10000.00		     0.160000
)";

inline const std::string kSendLat = R"(                    Send Latency Test
 Number of qps   : 1		Transport type : IB
 Link type       : IB
 #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]    t_stdev[usec]   99% percentile[usec]   99.9% percentile[usec]
 2       1000          1.01           4.20         1.06     	       1.08        	0.05   		1.20    		4.20
)";

inline const std::string kWriteBwJson = R"({
"test_info": {
"test": "RDMA_Write_BW_Test",
"Dual_port": "OFF",
"Device": "mlx5_0",
"Number_of_qps": 2,
"Use_ROCm_memory": "OFF"
},
"results": {
"MsgSize": 65536,
"n_iterations": 5000,
"BW_peak": 11800.00,
"BW_average": 11000.00,
"MsgRate": 0.176000
}
}
)";

inline const std::string kSendLatJson = R"({"test_info": {"test": "Send_Latency_Test", "Number_of_qps": 1},
"results": [{"MsgSize": 2, "n_iterations": 1000, "t_min": 1.01, "t_max": 4.2, "t_typical": 1.06, "t_avg": 1.08,
"t_stdev": 0.05, "percentile_99": 1.2, "percentile_99.9": 4.2}]})";

inline const std::string kStream = R"(-------------------------------------------------------------
STREAM version $Revision: 5.10 $
-------------------------------------------------------------
This system uses 8 bytes per array element.
-------------------------------------------------------------
Array size = 100000000 (elements), Offset = 0 (elements)
Memory per array = 762.9 MiB (= 0.7 GiB).
Number of Threads requested = 64
Number of Threads counted = 64
-------------------------------------------------------------
Function    Best Rate MB/s  Avg time     Min time     Max time
Copy:          200000.0     0.008200     0.008000     0.008400
Scale:         160000.0     0.010300     0.010000     0.010600
Add:           240000.0     0.010400     0.010000     0.010500
Triad:         240000.0     0.010100     0.020000     0.010700
-------------------------------------------------------------
Solution Validates: avg error less than 1.000000e-13 on all three arrays
-------------------------------------------------------------
)";

inline const std::string kP2p = R"([P2P (Peer-to-Peer) GPU Bandwidth Latency Test]
Device: 0, NVIDIA H100 80GB HBM3, pciBusID: 1b, pciDeviceID: 0, pciDomainID:0
Device: 1, NVIDIA H100 80GB HBM3, pciBusID: 43, pciDeviceID: 0, pciDomainID:0
Device: 2, NVIDIA H100 80GB HBM3, pciBusID: 9d, pciDeviceID: 0, pciDomainID:0
Device=0 CAN Access Peer Device=1
Device=0 CANNOT Access Peer Device=2

***NOTE: In case a device doesn't have P2P access to other one, it falls back to normal memcopy procedure.
So you can see lesser Bandwidth (GB/s) and unstable Latency (us) in those cases.

P2P Connectivity Matrix
     D\D     0     1     2
     0	     1     1     0
     1	     1     1     0
     2	     0     0     1
Unidirectional P2P=Disabled Bandwidth Matrix (GB/s)
   D\D     0      1      2
     0 2500.00  25.00  20.00
     1  25.00 2500.00  20.00
     2  20.00  20.00 2500.00
Unidirectional P2P=Enabled Bandwidth (P2P Writes) Matrix (GB/s)
   D\D     0      1      2
     0 2500.00 400.00  20.00
     1 390.00 2500.00  20.00
     2  20.00  20.00 2500.00
Bidirectional P2P=Enabled Bandwidth Matrix (GB/s)
   D\D     0      1      2
     0 2600.00 760.00  30.00
     1 750.00 2600.00  30.00
     2  30.00  30.00 2600.00
P2P=Enabled Latency (P2P Writes) Matrix (us)
   GPU     0      1      2
     0   2.10   2.50  11.00
     1   2.60   2.10  11.00
     2  11.00  11.00   2.10

   CPU     0      1      2
     0   1.90   1.60   5.00
     1   1.60   1.90   5.00
     2   5.00   5.00   1.90

NOTE: The CUDA Samples are not meant for performance measurements. Results may vary when GPU Boost is enabled.
)";

inline const std::string kTransferBench = R"(TransferBench v1.62.00
===============================================================
Test 1:
 Executor: GPU 00 |   56.299 GB/s |    4.768 ms |    268435456 bytes | 56.309  GB/s (sum)
     Transfer 00  |   56.309 GB/s |    4.767 ms |    268435456 bytes | G0 -> G000:004 -> G1
 Aggregate (CPU)  |   55.015 GB/s |    4.879 ms |    268435456 bytes | Overhead: 0.111 ms
Test 2:
 Executor: DMA 00 |   54.016 GB/s |    4.970 ms |    268435456 bytes | 54.911  GB/s (sum)
     Transfer 00  |   54.911 GB/s |    4.889 ms |    268435456 bytes | C0 -> D000:001 -> G0
 Aggregate (CPU)  |   53.532 GB/s |    5.014 ms |    268435456 bytes | Overhead: 0.045 ms
Test 3:
 Executor: GPU 00 │   36.885 GB/s │    0.028 ms │      1048576 bytes │ 37.857  GB/s (sum)
     Transfer 00  │   37.857 GB/s │    0.028 ms │      1048576 bytes │ G0 -> G0:4 -> G1
     Transfer 01  │   37.000 GB/s │    0.028 ms │      1048576 bytes │ G1 -> G1:4 -> G0
     Transfer 02  │   37.000 GB/s │    0.028 ms │      1048576 bytes │ G0G1 -> G1:4 -> G0
)";

inline const std::string kTransferBenchP2p = R"(TransferBench v1.50
Bytes Per Direction 67108864
Unidirectional copy peak bandwidth GB/s [Local read / Remote write] (GPU-Executor: GFX)
 SRC+EXE\DST    CPU 00       GPU 00    GPU 01
  CPU 00  ->     24.37        17.32     16.97

  GPU 00  ->     23.83       1600.00     48.00
  GPU 00 min     23.00       1500.00     47.00
  GPU 01  ->     24.05         47.50       N/A

Bidirectional copy peak bandwidth GB/s [Local read / Remote write] (GPU-Executor: GFX)
     SRC\DST    CPU 00       GPU 00    GPU 01
  GPU 00  ->     20.00          N/A     46.00
  GPU 00 <-      10.00          N/A     45.00
  GPU 00 <->     30.00          N/A     91.00
)";

inline const std::string kTransferBenchCsv =
    "Test#,Transfer#,NumBytes,Src,Exe,Dst,CUs,BW(GB/s),Time(ms),SrcAddr,DstAddr\n"
    "1,0,67108864,G0,GPU00,G1,4,33.554,2.000,0x1,0x2\n"
    "1,ALL,67108864,ALL,ALL,ALL,ALL,30.000,2.237,ALL,ALL\n";

inline const std::string kNsysKernels =
    "Generating SQLite file run.sqlite from run.nsys-rep\n"
    "Processing [run.sqlite] with [/opt/nsight/reports/cuda_api_sum.py]...\n"
    "Time (%),Total Time (ns),Num Calls,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n"
    "81.2,131012864,1,131012864.0,131012864.0,131012864,131012864,0.0,cudaMalloc\n"
    "\n"
    "Processing [run.sqlite] with [/opt/nsight/reports/cuda_gpu_kern_sum.py]...\n"
    "Time (%),Total Time (ns),Instances,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Name\n"
    "60.0,6000000,100,60000.0,59000.5,50000,70000,1000.0,\"void cutlass_80_gemm<(int)2, float>(char "
    "const*)\"\n"
    "40.0,nan,300,10000.0,10000,9000,11000,100.0,broken_kernel\n"
    "\n"
    "Processing [run.sqlite] with [/opt/nsight/reports/cuda_gpu_mem_time_sum.py]...\n"
    "Time (%),Total Time (ns),Count,Avg (ns),Med (ns),Min (ns),Max (ns),StdDev (ns),Operation\n"
    "90.0,9000,3,3000.0,2900.0,2800,3200,10.0,[CUDA memcpy Host-to-Device]\n"
    "10.0,1000,1,1000.0,1000.0,1000,1000,0.0,[CUDA memset]\n";

inline const std::string kNsysText = R"(
 ** CUDA GPU Kernel Summary (cuda_gpu_kern_sum):

 Time (%)  Total Time (ns)  Instances   Avg (ns)     Med (ns)    Min (ns)  Max (ns)   StdDev (ns)  Name
 --------  ---------------  ---------  -----------  -----------  --------  ---------  -----------  ----------
     46.3   10,327,352,338     17,505    589,965.9    144,383.0    27,040  3,126,460    944,263.8  sm90_xmma_gemm_bf16
     14.8      213,914,646      5,152     41,520.7     33,408.0     7,296     22,716      2,114.9  void at::native::softmax  <float, 4>(int)

)";

inline const std::string kNsysTrace =
    "Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Reg/Trd,StcSMem (MB),DymSMem (MB),Bytes "
    "(MB),Throughput (MB/s),SrcMemKd,DstMemKd,Device,Ctx,GreenCtx,Strm,Name\n"
    "100,30000,11,2,1,1,64,1,1,24,0,0,,,,,NVIDIA H200 (0),1,,7,rmsnorm_kernel\n"
    "200,50000,12,2,1,1,64,1,1,24,0,0,,,,,NVIDIA H200 (0),1,,7,rmsnorm_kernel\n"
    "300,40000,13,,,,,,,,,,4.096,102400.0,Pinned,Device,NVIDIA H200 (0),1,,7,[CUDA memcpy Host-to-Device]\n";

inline const std::string kRcclCsv =
    "numCycle,collective,nodes,ranks,ranksPerNode,gpusPerRank,size,type,redop,inplace,time,algbw,busbw,#"
    "wrong\n"
    "0,AllReduce,2,16,8,1,1048576,float,sum,0,100.000000,10.485760,19.660800,0\n"
    "0,AllReduce,2,16,8,1,1048576,float,sum,1,99.000000,10.591677,19.859395,0\n"
    "0,AllReduce,2,16,8,1,2097152,float,sum,0,500.000000,20.971520,39.321600,0\n";

inline const std::string kNcclCsv =
    "Collective;nGPUs;Size (B);Time;AlgBW (GB/s);BusBW (GB/s)\n"
    "allgather;8;8388608;0.1;83.89;73.40\n"
    "allgather;8;16777216;0.15;111.85;97.87\n";

inline const std::string kImb = R"(#----------------------------------------------------------------
#    Intel(R) MPI Benchmarks 2021.7, MPI-1 part
#----------------------------------------------------------------
# MPI_Datatype                   :   MPI_BYTE
# MPI_Datatype for reductions    :   MPI_FLOAT
# MPI_Op                         :   MPI_SUM

#---------------------------------------------------
# Benchmarking PingPong
# #processes = 2
# ( 14 additional processes waiting in MPI_Barrier)
#---------------------------------------------------
       #bytes #repetitions      t[usec]   Mbytes/sec
            0         1000         1.10         0.00
         1024         1000         2.05       499.51

#----------------------------------------------------------------
# Benchmarking Allreduce
# #processes = 16
#----------------------------------------------------------------
       #bytes #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]
         4096         1000        12.02        27.01        19.67

#----------------------------------------------------------------
# Benchmarking Allgather
# #processes = 16
#----------------------------------------------------------------
       #bytes #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]
         1024         1000        20.00        30.00        25.00
         2048         1000        40.00        30.00        25.00

#----------------------------------------------------------------
# Benchmarking Iallreduce
# #processes = 16
#----------------------------------------------------------------
       #bytes #repetitions  t_ovrl[usec]  t_pure[usec]  t_CPU[usec]
         1024         1000        20.00        30.00        25.00
# Benchmarking Barrier
# #processes = 16
 #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]
         1000         5.00         5.40         5.20
)";

}  // namespace aifsim::records
