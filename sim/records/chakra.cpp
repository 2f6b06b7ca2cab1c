#include "records/chakra.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>
#include <set>

#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "records/input.hpp"

namespace aifsim::records {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

constexpr std::uint64_t kLargestChakraFile = std::uint64_t{8} << 30;
constexpr double kMostMessageBytes = 1e18;

const char* word_of(pbf_wire_type type) {
  switch (type) {
    case pbf_wire_type::varint:
      return "a varint";
    case pbf_wire_type::fixed64:
      return "8 bytes";
    case pbf_wire_type::length_delimited:
      return "a length and bytes";
    case pbf_wire_type::fixed32:
      return "4 bytes";
    default:
      return "an unknown wire type";
  }
}

// Where messages stand, for errors.
class Source {
 public:
  Source(const std::string& file, const std::string& bytes) : file_(file), bytes_(bytes) {}
  std::uint64_t offset(const char* at) const { return static_cast<std::uint64_t>(at - bytes_.data()); }
  [[noreturn]] void fail(std::uint64_t at, const std::string& message) const {
    throw InputError(Place{file_}, fmt::format("byte {}: {}", at, message));
  }
  const std::string& bytes() const { return bytes_; }
  const std::string& file() const { return file_; }

 private:
  const std::string& file_;
  const std::string& bytes_;
};

// Calls visit(field) for each field of a message, with `field` at it; visit reads or leaves it.
class Message {
 public:
  Message(const Source& in, protozero::data_view view, const char* what)
      : in_(in), reader_(view), what_(what), at_(view.data()) {}

  template <class Visit>
  void each(Visit visit) {
    try {
      while (reader_.next()) {
        unread_ = true;
        visit(*this);
        if (unread_) reader_.skip();
        at_ = reader_.data().data();
      }
    } catch (const protozero::exception& error) {
      in_.fail(offset(), fmt::format("broken protobuf in {}: {}", what_, error.what()));
    }
  }

  std::uint32_t tag() const { return reader_.tag(); }
  std::uint64_t offset() const { return in_.offset(at_); }
  bool is(pbf_wire_type type) const { return reader_.wire_type() == type; }
  std::uint64_t number(const char* field) {
    expect(pbf_wire_type::varint, field);
    return reader_.get_uint64();
  }
  std::string text(const char* field) {
    expect(pbf_wire_type::length_delimited, field);
    return reader_.get_string();
  }
  Message message(const char* field) {
    expect(pbf_wire_type::length_delimited, field);
    return {in_, reader_.get_view(), field};
  }
  // Packed or one by one.
  template <class Take>
  void numbers(const char* field, Take take) {
    if (is(pbf_wire_type::varint)) return take(number(field));
    expect(pbf_wire_type::length_delimited, field);
    for (const std::uint64_t value : reader_.get_packed_uint64()) take(value);
  }
  double real() {
    unread_ = false;
    return is(pbf_wire_type::fixed64) ? reader_.get_double() : static_cast<double>(reader_.get_float());
  }
  std::int64_t fixed() {
    unread_ = false;
    return is(pbf_wire_type::fixed64) ? reader_.get_sfixed64() : reader_.get_sfixed32();
  }
  std::int64_t zigzag() {
    expect(pbf_wire_type::varint, "value");
    return reader_.get_sint64();
  }
  void expect(pbf_wire_type type, const char* field) {
    unread_ = false;
    if (!is(type))
      in_.fail(offset(), fmt::format("{} of {}: expected {}, found {}", field, what_, word_of(type),
                                     word_of(reader_.wire_type())));
  }
  const Source& in() const { return in_; }

 private:
  const Source& in_;
  pbf_reader reader_;
  const char* what_;
  const char* at_;  // of the field
  bool unread_ = false;
};

struct Attribute {
  std::string name;
  std::optional<double> number;
  std::optional<std::string> text;
  std::vector<std::uint64_t> list;
  std::uint64_t offset = 0;
};

// Fields 3 to 32: a value, and a list of such values, by turns.
Attribute attribute(Message in) {
  Attribute a;
  a.offset = in.offset();
  in.each([&](Message& f) {
    switch (f.tag()) {
      case 1:
        a.name = f.text("name");
        break;
      case 3:
        f.expect(pbf_wire_type::fixed64, "double_val");
        a.number = f.real();
        break;
      case 5:
        f.expect(pbf_wire_type::fixed32, "float_val");
        a.number = f.real();
        break;
      case 7:
      case 9:
        a.number = static_cast<double>(static_cast<std::int64_t>(f.number("value")));
        break;
      case 11:
      case 13:
      case 27:
        a.number = static_cast<double>(f.number("value"));
        break;
      case 15:
      case 17:
        a.number = static_cast<double>(f.zigzag());
        break;
      case 19:
      case 23:
        f.expect(pbf_wire_type::fixed32, "value");
        a.number = static_cast<double>(f.fixed());
        break;
      case 21:
      case 25:
        f.expect(pbf_wire_type::fixed64, "value");
        a.number = static_cast<double>(f.fixed());
        break;
      case 29:
        a.text = f.text("string_val");
        break;
      case 8:
      case 10:
      case 12:
      case 14:
      case 28:
        f.message("list").each([&](Message& item) {
          if (item.tag() == 1) item.numbers("values", [&](std::uint64_t v) { a.list.push_back(v); });
        });
        break;
      default:
        break;
    }
  });
  return a;
}

class NodeReader {
 public:
  NodeReader(const Source& in, bool old) : in_(in), old_(old) {}

  ChakraNode read(Message message, ProcessGroups& groups) {
    node_ = {};
    node_.offset = message.offset();
    metadata_.clear();
    kind_ = 0;
    message.each([&](Message& f) {
      if (!head(f)) old_ ? old_field(f) : field(f);
    });
    node_.kind = old_ ? old_kind() : kind();
    if (kind_ == 1 && !old_) add_groups(groups);
    return std::move(node_);
  }

 private:
  [[noreturn]] void fail(std::uint64_t at, const std::string& message) const {
    in_.fail(at, fmt::format("node {}{}: {}", node_.id,
                             node_.name.empty() ? "" : " (" + quote(node_.name) + ")", message));
  }

  // What both schemas begin with; false: none of it.
  bool head(Message& f) {
    switch (f.tag()) {
      case 1:
        node_.id = f.number("id");
        return true;
      case 2:
        node_.name = f.text("name");
        return true;
      case 3:
        kind_ = f.number(old_ ? "node_type" : "type");
        return true;
      case 4:
        f.numbers(old_ ? "parent" : "ctrl_deps", [&](std::uint64_t id) { node_.dependencies.push_back(id); });
        return true;
      default:
        return false;
    }
  }

  void field(Message& f) {
    switch (f.tag()) {
      case 5:
        f.numbers("data_deps", [&](std::uint64_t id) { node_.dependencies.push_back(id); });
        break;
      case 7:
        node_.duration = Seconds{static_cast<double>(f.number("duration_micros")) * 1e-6};
        break;
      case 8:
        f.message("inputs").each([&](Message& input) {
          if (input.tag() == 1) metadata_ = input.text("values");
        });
        break;
      case 10:
        take(attribute(f.message("attr")));
        break;
      default:
        break;
    }
  }

  double not_negative(const Attribute& a) const {
    if (!a.number) fail(a.offset, fmt::format("{}: expected a number", a.name));
    if (!(*a.number >= 0) || *a.number > kMostMessageBytes)
      fail(a.offset, fmt::format("{}: must be from 0 to 1e18, found {}", a.name, *a.number));
    return *a.number;
  }
  std::int64_t whole(const Attribute& a) const { return static_cast<std::int64_t>(not_negative(a)); }

  void take(const Attribute& a) {
    if (a.name == "num_ops") node_.operations = Flops{not_negative(a)};
    if (a.name == "tensor_size") node_.tensor = Bytes{not_negative(a)};
    if (a.name == "tensor_loc") node_.on_device = whole(a) == 1;
    if (a.name == "comm_size") node_.size = Bytes{not_negative(a)};
    if (a.name == "comm_type") set_collective(whole(a), a.offset);
    if (a.name == "comm_src") node_.source = whole(a);
    if (a.name == "comm_dst") node_.destination = whole(a);
    if (a.name == "comm_tag") node_.tag = whole(a);
    if (a.name == "is_cpu_op") node_.host = not_negative(a) != 0;
    if (a.name == "stream" && a.number && *a.number >= 0) node_.stream = whole(a);
    if (a.name == "tid" && a.number && *a.number >= 0) node_.thread = whole(a);
    if (a.name == "pg_name")
      node_.group = a.text ? *a.text : a.number ? fmt::format("{:.0f}", *a.number) : std::string();
    if (a.name == "involved_dim") node_.involved.assign(a.list.begin(), a.list.end());
    if (a.name == "sync_dep")
      node_.dependencies.insert(node_.dependencies.end(), a.list.begin(), a.list.end());
  }

  void set_collective(std::int64_t number, std::uint64_t at) {
    if (number > static_cast<std::int64_t>(ChakraCollective::barrier))
      fail(at, fmt::format("comm_type: {} is no CollectiveCommType; known are 0 (ALL_REDUCE) to 9 (BARRIER)",
                           number));
    node_.collective = static_cast<ChakraCollective>(number);
  }

  ChakraNodeKind kind() const {
    using K = ChakraNodeKind;
    static constexpr std::array kinds{K::other,   K::other,      K::load,    K::store,   K::compute, K::send,
                                      K::receive, K::collective, K::storage, K::storage, K::storage};
    if (kind_ >= kinds.size())
      fail(node_.offset,
           fmt::format("type: {} is no NodeType; known are 0 (INVALID_NODE) to {}", kind_, kinds.size() - 1));
    return kinds[kind_];
  }

  void old_field(Message& f) {
    switch (f.tag()) {
      case 5:
        node_.on_device = f.number("tensor_loc") == 1;
        break;
      case 6:
        node_.tensor = Bytes{static_cast<double>(f.number("tensor_size"))};
        break;
      case 7:  // ticks of ASTRA-sim's clock: nanoseconds
        node_.duration = Seconds{static_cast<double>(f.number("simulated_run_time")) * 1e-9};
        break;
      case 12:
        node_.operations = Flops{static_cast<double>(f.number("num_ops"))};
        break;
      case 13: {
        using C = ChakraCollective;
        static constexpr std::array kinds{C::all_reduce, C::all_to_all, C::all_gather, C::reduce_scatter};
        const std::uint64_t number = f.number("comm_type");
        if (number > kinds.size())
          fail(f.offset(),
               fmt::format("comm_type: {} is no CollectiveCommType of Chakra 0.0.1; known are 1 (ALL_REDUCE) "
                           "to 4 (REDUCE_SCATTER)",
                           number));
        if (number > 0) node_.collective = kinds[number - 1];
        break;
      }
      case 14:
        f.numbers("involved_dim", [&](std::uint64_t yes) { node_.involved.push_back(yes != 0); });
        break;
      case 15:
        if (const std::uint64_t id = f.number("communicator_id"); id > 0) node_.group = std::to_string(id);
        break;
      case 16:
        node_.source = static_cast<std::int64_t>(f.number("comm_src"));
        break;
      case 17:
        node_.destination = static_cast<std::int64_t>(f.number("comm_dst"));
        break;
      case 18:
        node_.size = Bytes{static_cast<double>(f.number("comm_size"))};
        break;
      case 19:
        node_.tag = static_cast<std::int64_t>(f.number("comm_tag"));
        break;
      default:
        break;
    }
  }

  ChakraNodeKind old_kind() const {
    using K = ChakraNodeKind;
    static constexpr std::array kinds{K::other, K::load,    K::store,     K::compute,
                                      K::send,  K::receive, K::collective};
    if (kind_ >= kinds.size())
      fail(node_.offset,
           fmt::format("node_type: {} is no NodeType of Chakra 0.0.1; known are 0 to 6", kind_));
    return kinds[kind_];
  }

  // PyTorch's list of process groups, as an operation's input: [{"pg_name": "0", "ranks": [0, 1]}], in quotes and
  // brackets of its own.
  void add_groups(ProcessGroups& groups) const {
    if (metadata_.find("pg_name") == std::string::npos) return;
    const std::size_t begin = metadata_.find('{'), end = metadata_.rfind('}');
    std::string list = end == std::string::npos ? "" : "[" + metadata_.substr(begin, end - begin + 1) + "]";
    auto json = nlohmann::json::parse(list, nullptr, false);
    if (json.is_discarded()) {  // a text inside a text
      std::erase(list, '\\');
      json = nlohmann::json::parse(list, nullptr, false);
    }
    try {
      for (const auto& group : json)
        groups[group.at("pg_name").get<std::string>()] = group.value("ranks", std::vector<std::int64_t>{});
    } catch (const nlohmann::json::exception& error) {
      fail(node_.offset,
           fmt::format("inputs: expected a list of process groups, each with pg_name and ranks: {}",
                       error.what()));
    }
  }

  const Source& in_;
  const bool old_;
  ChakraNode node_;
  std::uint64_t kind_ = 0;
  std::string metadata_;
};

enum class FirstMessage { metadata, node, old_node };

// Metadata begins with a text (version) or a message (attr), a node with its number; of a node of 0.0.1 only the
// name has a length.
FirstMessage first_message(const Source& in, protozero::data_view view) {
  bool number = false, first = true, lengths = false;
  Message(in, view, "the first message").each([&](Message& f) {
    if (first) number = f.is(pbf_wire_type::varint);
    first = false;
    lengths = lengths || (f.tag() >= 4 && f.is(pbf_wire_type::length_delimited));
  });
  return !number ? FirstMessage::metadata : lengths ? FirstMessage::node : FirstMessage::old_node;
}

}  // namespace

ChakraTrace parse_chakra(const std::string& file, const std::string& bytes) {
  const Source in(file, bytes);
  ChakraTrace trace{file, {}, {}};
  std::set<std::uint64_t> ids;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  if (at == end) in.fail(0, "the file is empty; expected a Chakra execution trace");
  std::optional<NodeReader> reader;
  while (at != end) {
    const char* const begin = at;
    std::uint64_t length = 0;
    try {
      length = protozero::decode_varint(&at, end);
    } catch (const protozero::exception&) {
      in.fail(in.offset(begin),
              "the length of a message is cut short or no varint; expected a Chakra execution "
              "trace: protobuf messages, each after its length");
    }
    if (length > static_cast<std::uint64_t>(end - at))
      in.fail(in.offset(begin),
              fmt::format("a message of {} bytes, of which the file holds {}; it is cut short or no Chakra "
                          "execution trace",
                          length, end - at));
    const protozero::data_view view(at, length);
    at += length;
    if (!reader) {
      const FirstMessage first = first_message(in, view);
      reader.emplace(in, first == FirstMessage::old_node);
      if (first == FirstMessage::metadata) continue;
    }
    ChakraNode node = reader->read(Message(in, view, "a node"), trace.groups);
    if (!ids.insert(node.id).second)
      in.fail(node.offset, fmt::format("node {} stands in the file twice", node.id));
    trace.nodes.push_back(std::move(node));
  }
  if (trace.nodes.empty()) in.fail(bytes.size(), "the trace has no node");
  return trace;
}

ChakraTrace read_chakra(const std::filesystem::path& path, const std::string& name, const Place& asked_at) {
  const UserFile file = UserFile::open_regular(path, name, asked_at, kLargestChakraFile);
  const auto drain = [](std::streambuf& from) {
    std::string all;
    std::array<char, 65536> part{};
    for (std::streamsize n = 0; (n = from.sgetn(part.data(), part.size())) > 0;)
      all.append(part.data(), static_cast<std::size_t>(n));
    return all;
  };
  std::string bytes = drain(*file.bytes());
  if (bytes.starts_with("\x1f\x8b")) {
    const auto packed = file.bytes();
    GzipBuffer plain(*packed, path.string());
    bytes = drain(plain);
  }
  return parse_chakra(path.string(), bytes);
}

ProcessGroups read_process_groups(const std::filesystem::path& path, const std::string& name,
                                  const Place& asked_at) {
  const Place place{path.string()};
  const std::string text = UserFile::open_regular(path, name, asked_at, kLargestChakraFile).text();
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    throw InputError(place, R"(expected an object with the ranks of each process group, {"1": [0, 1]})");
  ProcessGroups groups;
  for (const auto& [group, ranks] : json.items()) {
    if (!ranks.is_array())
      throw InputError(place,
                       fmt::format("{}: expected a list of ranks, found {}", quote(group), ranks.dump()));
    std::vector<std::int64_t>& list = groups[group];
    for (const auto& rank : ranks) {
      if (!rank.is_number_unsigned())
        throw InputError(place, fmt::format("{}: expected a rank, found {}", quote(group), rank.dump()));
      list.push_back(rank.get<std::int64_t>());
    }
  }
  return groups;
}

}  // namespace aifsim::records
