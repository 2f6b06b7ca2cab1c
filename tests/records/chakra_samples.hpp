// Chakra traces of a few nodes, written field by field as the schemas number them.
#pragma once
#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <vector>

namespace aifsim::records {

// A node of the current schema.
class NodeSample {
 public:
  NodeSample(std::uint64_t id, const std::string& name, std::int32_t type) {
    protozero::pbf_writer out{text_};
    out.add_uint64(1, id);
    out.add_string(2, name);
    out.add_enum(3, type);
  }
  NodeSample& data(const std::vector<std::uint64_t>& ids) {
    protozero::pbf_writer{text_}.add_packed_uint64(5, ids.begin(), ids.end());
    return *this;
  }
  NodeSample& ctrl(std::uint64_t id) {
    protozero::pbf_writer{text_}.add_uint64(4, id);
    return *this;
  }
  NodeSample& micros(std::uint64_t time) {
    protozero::pbf_writer{text_}.add_uint64(7, time);
    return *this;
  }
  NodeSample& number(const char* name, std::int64_t value) {
    protozero::pbf_writer out{text_}, attr{out, 10};
    attr.add_string(1, name);
    attr.add_int64(9, value);
    return *this;
  }
  NodeSample& text(const char* name, const std::string& value) {
    protozero::pbf_writer out{text_}, attr{out, 10};
    attr.add_string(1, name);
    attr.add_string(29, value);
    return *this;
  }
  NodeSample& flag(const char* name, bool value) {
    protozero::pbf_writer out{text_}, attr{out, 10};
    attr.add_string(1, name);
    attr.add_bool(27, value);
    return *this;
  }
  NodeSample& flags(const char* name, const std::vector<bool>& values) {
    protozero::pbf_writer out{text_}, attr{out, 10};
    attr.add_string(1, name);
    protozero::pbf_writer list{attr, 28};
    for (const bool value : values) list.add_bool(1, value);
    return *this;
  }
  NodeSample& inputs(const std::string& values) {
    protozero::pbf_writer out{text_}, input{out, 8};
    input.add_string(1, values);
    return *this;
  }
  NodeSample& raw(protozero::pbf_tag_type field, double value) {  // 8 bytes, whatever belongs there
    protozero::pbf_writer{text_}.add_double(field, value);
    return *this;
  }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

inline NodeSample computed(std::uint64_t id, std::uint64_t micros) {
  return std::move(NodeSample(id, "k" + std::to_string(id), 4).micros(micros));
}
// comm_type 0: ALL_REDUCE, 2: ALL_GATHER.
inline NodeSample collective(std::uint64_t id, std::int64_t type, std::int64_t bytes,
                             const std::string& group) {
  return std::move(NodeSample(id, "c" + std::to_string(id), 7)
                       .number("comm_type", type)
                       .number("comm_size", bytes)
                       .text("pg_name", group));
}

inline std::string with_length(const std::string& message) {
  std::string out;
  protozero::add_varint_to_buffer(&out, message.size());
  return out + message;
}

inline std::string trace_sample(const std::vector<NodeSample>& nodes) {
  std::string metadata;
  protozero::pbf_writer{metadata}.add_string(1, "0.0.4");
  std::string out = with_length(metadata);
  for (const NodeSample& node : nodes) out += with_length(node.str());
  return out;
}

// A node of 0.0.1, whose fields are all numbers.
inline std::string old_node(std::uint64_t id, std::int32_t type,
                            const std::vector<std::pair<protozero::pbf_tag_type, std::uint64_t>>& fields) {
  std::string text;
  protozero::pbf_writer out{text};
  out.add_uint64(1, id);
  out.add_string(2, "n" + std::to_string(id));
  out.add_enum(3, type);
  for (const auto& [field, value] : fields) out.add_uint64(field, value);
  return with_length(text);
}

}  // namespace aifsim::records
