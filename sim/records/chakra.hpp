// Chakra execution traces: the operations of a rank and what each waits for. A file is a row of protobuf
// messages, each after its length as a varint; some are gzip'ed. Schemas:
//
//   current  et_def.proto of github.com/mlcommons/chakra (schema/protobuf): GlobalMetadata, then Nodes whose
//            sizes and ranks are named attributes; 0.0.4 lacks the version in front
//   0.0.1    Nodes alone, with a field for each size; other numbers for kinds of nodes and collectives
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"

namespace aifsim::records {

enum class ChakraNodeKind {
  other,  // metadata and nodes without a kind: they order others and take no time
  load,
  store,
  compute,
  send,
  receive,
  collective,
  storage,  // files, batches and checkpoints
};

// Numbers of the current schema.
enum class ChakraCollective {
  all_reduce,
  reduce,
  all_gather,
  gather,
  scatter,
  broadcast,
  all_to_all,
  reduce_scatter,
  reduce_scatter_block,
  barrier,
};

struct ChakraNode {
  std::uint64_t id = 0;
  std::string name;
  ChakraNodeKind kind = ChakraNodeKind::other;
  std::vector<std::uint64_t> dependencies;  // of every sort
  Seconds duration;                         // 0: none told
  std::optional<Flops> operations;
  std::optional<Bytes> tensor, size;  // of a node that computes, loads or stores; of one that communicates
  bool on_device = false;             // a load or store inside the device's own memory
  std::optional<ChakraCollective> collective;
  std::optional<std::int64_t> source, destination, tag;
  std::string group;           // name of the process group; "": all ranks
  std::vector<bool> involved;  // dimensions of the network
  bool host = false;           // runs on the host
  std::optional<std::int64_t> stream, thread;
  std::uint64_t offset = 0;  // of its message in the (inflated) file
};

// Ranks of process groups, by name; no ranks: all.
using ProcessGroups = std::map<std::string, std::vector<std::int64_t>>;

struct ChakraTrace {
  std::string file;
  std::vector<ChakraNode> nodes;
  ProcessGroups groups;  // that its metadata names
};

// InputErrors with the byte offset of what is wrong. `name`, `asked_at`: how a description names the file, and where.
ChakraTrace read_chakra(const std::filesystem::path& path, const std::string& name, const Place& asked_at);
// The same of bytes.
ChakraTrace parse_chakra(const std::string& file, const std::string& bytes);

// {"1": [0, 1], "2": [2, 3]}: comm_group.json, as ASTRA-sim takes it.
ProcessGroups read_process_groups(const std::filesystem::path& path, const std::string& name,
                                  const Place& asked_at);

}  // namespace aifsim::records
