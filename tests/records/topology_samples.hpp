// Small topology files, written by hand.
#pragma once
#include <string>
#include <vector>

namespace aifsim::records {

inline const std::string kTopoSwitch = R"x($ nvidia-smi -L
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa)
$ nvidia-smi topo -m
	GPU0	GPU1	GPU2	GPU3	NIC0	NIC1	NIC2	CPU Affinity	NUMA Affinity	GPU NUMA ID
GPU0	 X 	NV18	NV18	NV18	PXB	NODE	SYS	0-31	0		N/A
GPU1	NV18	 X 	NV18	NV18	NODE	NODE	SYS	0-31	0		N/A
GPU2	NV18	NV18	 X 	NV18	SYS	SYS	PIX	32-63	1		N/A
GPU3	NV18	NV18	NV18	 X 	SYS	SYS	NODE	32-63	1		N/A
NIC0	PXB	NODE	SYS	SYS	 X 	NODE	SYS				
NIC1	NODE	NODE	SYS	SYS	NODE	 X 	SYS				
NIC2	SYS	SYS	PIX	NODE	SYS	SYS	 X 				

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)
  NV#  = Connection traversing a bonded set of # NVLinks

NIC Legend:

  NIC0: mlx5_0
  NIC1: mlx5_1
  NIC2: mlx5_2
)x";

inline const std::string kTopoMesh =
    R"x(	GPU0	GPU1	GPU2	GPU3	mlx5_0	CPU Affinity	NUMA Affinity
GPU0	 X 	NV4	NV4	NV4	PHB	0-15	0
GPU1	NV4	 X 	NV4	NV4	SYS	16-31	1
GPU2	NV4	NV4	 X 	NV4	SYS	32-47	2
GPU3	NV4	NV4	NV4	 X 	SYS	48-63	3
mlx5_0	PHB	SYS	SYS	SYS	 X 		
)x";

inline const std::string kTopoPcie =
    R"x(        GPU0    GPU1    GPU2    GPU3    CPU Affinity    NUMA Affinity   GPU NUMA ID
GPU0     X      PIX     SYS     SYS     0-31    0               N/A
GPU1    PIX      X      SYS     SYS     0-31    0               N/A
GPU2    SYS     SYS      X      PHB     32-63   1               N/A
GPU3    SYS     SYS     PHB      X      32-63   1               N/A
)x";

inline const std::string kNcclTopology = R"x(<system version="1">
  <cpu host_hash="0x1" numaid="0" affinity="ffff" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="207">
    <pci busid="0000:16:00.0" class="0x060400" vendor="0x1000" device="0xc030" link_speed="32.0 GT/s PCIe" link_width="16">
      <pci busid="0000:18:00.0" class="0x030200" vendor="0x10de" device="0x2335" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="0" sm="90" rank="0" gdr="1">
          <nvlink target="0000:07:00.0" count="9" tclass="0x068000"/>
          <nvlink target="0000:06:00.0" count="9" tclass="0x068000"/>
        </gpu>
      </pci>
      <pci busid="0000:19:00.0" class="0x020700" vendor="0x15b3" device="0x1021" link_speed="32.0 GT/s PCIe" link_width="16">
        <nic>
          <net name="mlx5_0" dev="0" speed="400000" port="1" latency="0.000000" guid="0x1" maxconn="131072" gdr="1"/>
        </nic>
      </pci>
    </pci>
    <nic>
      <net name="eth0" dev="9" speed="10000" port="0" gdr="0"/>
    </nic>
  </cpu>
  <cpu host_hash="0x1" numaid="1" affinity="ffff0000" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="207">
    <pci busid="0000:90:00.0" class="0x060400" vendor="0x104c" device="0x8232" link_speed="2.5 GT/s PCIe" link_width="1">
      <pci busid="0000:98:00.0" class="0x030200" vendor="0x10de" device="0x2335" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="1" sm="90" rank="1" gdr="1">
          <nvlink target="0000:07:00.0" count="9" tclass="0x068000"/>
          <nvlink target="0000:06:00.0" count="9" tclass="0x068000"/>
        </gpu>
      </pci>
      <pci busid="0000:99:00.0" class="0x020700" vendor="0x15b3" device="0x1021" link_speed="32.0 GT/s PCIe" link_width="16">
        <nic>
          <net name="mlx5_1" dev="1" speed="400000" port="1" latency="0.000000" guid="0x2" maxconn="131072" gdr="1"/>
        </nic>
      </pci>
    </pci>
  </cpu>
</system>
)x";

inline const std::string kSlurmTree = R"x(# our tree
SwitchName=leaf0 Nodes=tux[0-15,20]
switchname=leaf1 nodes=tux[21-36] \
  LinkSpeed=fast
SwitchName=top Switches=leaf[0-1]
)x";

inline const std::string kSlurmBlocks = R"x(BlockName=b0 Nodes=r0n[00-17]
BlockName=b1 Nodes=r1n[00-17]
BlockSizes=18,36
)x";

inline const std::string kSlurmYaml = R"x(---
- topology: flat
  flat: true
- topology: racks
  cluster_default: true
  tree:
    switches:
      - switch: top
        children: leaf[0-1]
      - switch: leaf0
        nodes: tux[00-15],tux20
      - switch: leaf1   # the second
        nodes: tux[21-36]
- topology: nvl
  block:
    block_sizes: [18, 36]
    blocks:
      - block: b0
        nodes: tux[00-17]
      - block: b1
        nodes: tux[18-35]
)x";

inline const std::string kIblinkinfo = R"x(CA: node01 mlx5_0:
      0xec0d9a0300000000     10    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       1    1[  ] "MF0;leaf01:MQM8700/U1" ( )
      0xec0d9a0300000001      0    2[  ] ==(                Down/ Polling)==>             [  ] "" ( )
CA: Mellanox Technologies Aggregation Node:
      0xb8599f03000000f0     99    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       1   41[  ] "MF0;leaf01:MQM8700/U1" ( )
CA: node02 mlx5_0:
      0xec0d9a0300000010     11    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       2    1[  ] "MF0;leaf02:MQM8700/U1" ( )
Switch: 0xb8599f0300000000 MF0;leaf01:MQM8700/U1:
           1    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>      10    1[  ] "node01 mlx5_0" ( )
           1    2[  ] ==(                Down/ Polling)==>             [  ] "" ( )
           1   21[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       5    1[  ] "MF0;spine01:MQM8700/U1" ( )
           1   22[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       5    2[  ] "MF0;spine01:MQM8700/U1" ( )
           1   41[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>      99    1[  ] "Mellanox Technologies Aggregation Node" ( )
Switch: 0xb8599f0300000001 MF0;leaf02:MQM8700/U1:
           2    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>      11    1[  ] "node02 mlx5_0" ( )
           2   21[  ] ==( 4X        25.78125 Gbps Active/  LinkUp)==>     5    3[  ] "MF0;spine01:MQM8700/U1" ( Could be 53.125 Gbps)
Switch: 0xb8599f03000000e0 MF0;spine01:MQM8700/U1:
           5    1[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       1   21[  ] "MF0;leaf01:MQM8700/U1" ( )
           5    2[  ] ==( 4X        53.125 Gbps Active/  LinkUp)==>       1   22[  ] "MF0;leaf01:MQM8700/U1" ( )
           5    3[  ] ==( 4X        25.78125 Gbps Active/  LinkUp)==>     2   21[  ] "MF0;leaf02:MQM8700/U1" ( Could be 53.125 Gbps)
)x";

// iblinkinfo -l: without sections, names in front.
inline const std::string kIblinkinfoLines =
    R"x(0xec0d9a0300000000 "               node01 HCA-1"     10    1[  ] ==( 4X 106.25 Gbps Active/  LinkUp)==>  0xb8599f0300000000      1    1[  ] "Quantum Mellanox Technologies" ( )
0xec0d9a0300000010 "               node02 HCA-1"     11    1[  ] ==( 4X 106.25 Gbps Active/  LinkUp)==>  0xb8599f0300000000      1    2[  ] "Quantum Mellanox Technologies" ( )
0xb8599f0300000000 "Quantum Mellanox Technologies"      1    1[  ] ==( 4X 106.25 Gbps Active/  LinkUp)==>  0xec0d9a0300000000     10    1[  ] "node01 HCA-1" ( )
0xb8599f0300000000 "Quantum Mellanox Technologies"      1    2[  ] ==( 4X 106.25 Gbps Active/  LinkUp)==>  0xec0d9a0300000010     11    1[  ] "node02 HCA-1" ( )
)x";

inline const std::string kIbnetdiscover = R"x(#
# Topology file: generated on Sat Nov 28 10:00:00 2026
#

vendid=0x2c9
devid=0xd2f0
switchguid=0x1(1)
Switch	41 "S-b8599f0300000000"		# "MF0;leaf01:MQM8700/U1" enhanced port 0 lid 1 lmc 0
[1]	"H-ec0d9a0300000000"[1](ec0d9a0300000000) 		# "node01 mlx5_0" lid 10 4xHDR
[2]	"H-ec0d9a0300000010"[1](ec0d9a0300000010) 		# "node02 mlx5_0" lid 11 4xHDR
[3]	"H-ec0d9a0300000020"[1](ec0d9a0300000020) 		# "node03 mlx5_0" lid 12 4xHDR
[4]	"H-ec0d9a0300000030"[1](ec0d9a0300000030) 		# "node04 mlx5_0" lid 13 4xHDR
[21]	"S-b8599f03000000e0"[1]		# "MF0;spine01:MQM8700/U1" lid 2 4xHDR
[22]	"S-b8599f03000000e0"[2]		# "MF0;spine01:MQM8700/U1" lid 2 4xHDR
[23]	"S-b8599f03000000e1"[1]		# "MF0;spine02:MQM8700/U1" lid 2 4xHDR
[24]	"S-b8599f03000000e1"[2]		# "MF0;spine02:MQM8700/U1" lid 2 4xHDR
[41]	"H-b8599f03000000f0"[1](1) 		# "Mellanox Technologies Aggregation Node" lid 99 4xHDR

vendid=0x2c9
devid=0xd2f0
switchguid=0x1(1)
Switch	41 "S-b8599f0300000001"		# "MF0;leaf02:MQM8700/U1" enhanced port 0 lid 2 lmc 0
[1]	"H-ec0d9a0300000001"[1](ec0d9a0300000001) 		# "node01 mlx5_1" lid 10 4xHDR
[2]	"H-ec0d9a0300000011"[1](ec0d9a0300000011) 		# "node02 mlx5_1" lid 11 4xHDR
[3]	"H-ec0d9a0300000021"[1](ec0d9a0300000021) 		# "node03 mlx5_1" lid 12 4xHDR
[4]	"H-ec0d9a0300000031"[1](ec0d9a0300000031) 		# "node04 mlx5_1" lid 13 4xHDR
[21]	"S-b8599f03000000e0"[3]		# "MF0;spine01:MQM8700/U1" lid 2 4xHDR
[22]	"S-b8599f03000000e0"[4]		# "MF0;spine01:MQM8700/U1" lid 2 4xHDR
[23]	"S-b8599f03000000e1"[3]		# "MF0;spine02:MQM8700/U1" lid 2 4xHDR
[24]	"S-b8599f03000000e1"[4]		# "MF0;spine02:MQM8700/U1" lid 2 4xHDR
[41]	"H-b8599f03000000f1"[1](1) 		# "Mellanox Technologies Aggregation Node" lid 99 4xHDR

Switch	41 "S-b8599f03000000e0"		# "MF0;spine01:MQM8700/U1" enhanced port 0 lid 5 lmc 0
[1]	"S-b8599f0300000000"[21]		# "MF0;leaf01:MQM8700/U1" lid 1 4xHDR
[2]	"S-b8599f0300000000"[22]		# "MF0;leaf01:MQM8700/U1" lid 1 4xHDR
[3]	"S-b8599f0300000001"[21]		# "MF0;leaf02:MQM8700/U1" lid 1 4xHDR
[4]	"S-b8599f0300000001"[22]		# "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

Switch	41 "S-b8599f03000000e1"		# "MF0;spine02:MQM8700/U1" enhanced port 0 lid 6 lmc 0
[1]	"S-b8599f0300000000"[23]		# "MF0;leaf01:MQM8700/U1" lid 1 4xHDR
[2]	"S-b8599f0300000000"[24]		# "MF0;leaf01:MQM8700/U1" lid 1 4xHDR
[3]	"S-b8599f0300000001"[23]		# "MF0;leaf02:MQM8700/U1" lid 1 4xHDR
[4]	"S-b8599f0300000001"[24]		# "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000000"		# "node01 mlx5_0"
[1](ec0d9a0300000000) 	"S-b8599f0300000000"[1]		# lid 10 lmc 0 "MF0;leaf01:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000001"		# "node01 mlx5_1"
[1](ec0d9a0300000001) 	"S-b8599f0300000001"[1]		# lid 10 lmc 0 "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000010"		# "node02 mlx5_0"
[1](ec0d9a0300000010) 	"S-b8599f0300000000"[2]		# lid 11 lmc 0 "MF0;leaf01:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000011"		# "node02 mlx5_1"
[1](ec0d9a0300000011) 	"S-b8599f0300000001"[2]		# lid 11 lmc 0 "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000020"		# "node03 mlx5_0"
[1](ec0d9a0300000020) 	"S-b8599f0300000000"[3]		# lid 12 lmc 0 "MF0;leaf01:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000021"		# "node03 mlx5_1"
[1](ec0d9a0300000021) 	"S-b8599f0300000001"[3]		# lid 12 lmc 0 "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000030"		# "node04 mlx5_0"
[1](ec0d9a0300000030) 	"S-b8599f0300000000"[4]		# lid 13 lmc 0 "MF0;leaf01:MQM8700/U1" lid 1 4xHDR

Ca	1 "H-ec0d9a0300000031"		# "node04 mlx5_1"
[1](ec0d9a0300000031) 	"S-b8599f0300000001"[4]		# lid 13 lmc 0 "MF0;leaf02:MQM8700/U1" lid 1 4xHDR

)x";

// One of each format and way to write it.
inline std::vector<std::string> topology_samples() {
  return {kTopoSwitch,  kTopoMesh,  kTopoPcie,   kNcclTopology,    kSlurmTree,
          kSlurmBlocks, kSlurmYaml, kIblinkinfo, kIblinkinfoLines, kIbnetdiscover};
}

}  // namespace aifsim::records
