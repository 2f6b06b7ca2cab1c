// A rank's Chakra trace as operations on streams: one for its kernels (or one for each `stream` that the trace
// names), one for each communicator, one to and from each peer, one for each thread of the host. Nodes come in the order
// of their ids, as far as what they wait for allows.
//
// Sizes are what a rank brings in, as ASTRA-sim and PyTorch's converter have them: n of them make the whole buffer of an
// all-gather. Nodes of no time order others, and are not operations.
#pragma once
#include "lowering/trace/traced_rank.hpp"
#include "records/chakra.hpp"

namespace aifsim {

struct ChakraJob {
  std::int64_t ranks = 1;
  records::ProcessGroups groups;         // beside those of the trace
  std::vector<std::int64_t> dimensions;  // of the network, fastest first; for traces with involved_dim
  bool shared = false;                   // one file stands for all ranks
  bool by_tag = false;                   // sends meet receives by their tags, not in the order of both
};

// InputError, with file and node: a dependency that is missing or goes in a circle, a size that is not told, a
// process group that nobody defines, a peer that does not exist.
TracedRank traced_rank(const records::ChakraTrace& trace, std::int64_t rank, const ChakraJob& job);

}  // namespace aifsim
