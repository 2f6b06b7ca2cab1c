#include "records/json_walk.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "records/lines.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kDeepest = 64, kLongest = 1 << 20;

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  Handler(JsonVisitor& visitor, Input::Stream& stream) : visitor_(visitor), stream_(stream) { mark(); }

  bool null() override { return value(nullptr); }
  bool boolean(bool value_of) override { return value(value_of); }
  bool number_integer(number_integer_t value) override { return scalar(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& key) override {
    path_.back() = key;
    mark();
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..."
    std::string what = error.what();
    const std::size_t cut = what.find(": ");
    if (cut != std::string::npos) what.erase(0, cut + 2);
    for (char& c : what)
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    if (what.size() > 300) what.replace(300, std::string::npos, "...");
    problem_ = Problem{stream_.place(), "not JSON: " + what};
    return false;
  }
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  // The lexer collects all bytes since the last text or number: brackets and words alone must not be many.
  void mark() { stream_.buffer().mark(kLongest, "JSON without a text or a number, or one text,"); }
  // `path_` has one key per open bracket: of the value that comes next.
  bool value(const JsonScalar& scalar_value) {
    visitor_.value(path_, scalar_value);
    return true;
  }
  bool scalar(const JsonScalar& scalar_value) {
    mark();
    return value(scalar_value);
  }
  bool open() {
    if (path_.size() == kDeepest)
      throw InputError(stream_.place(), fmt::format("JSON nested deeper than {} levels", kDeepest));
    visitor_.begin(path_);
    path_.emplace_back();
    return true;
  }
  bool close() {
    path_.pop_back();
    visitor_.end(path_);
    return true;
  }

  JsonVisitor& visitor_;
  Input::Stream& stream_;
  JsonPath path_;
  std::optional<Problem> problem_;
};

// Some text, and then the bytes of another buffer.
class Joined : public std::streambuf {
 public:
  Joined(std::string front, std::streambuf& back) : front_(std::move(front)), back_(back) {
    setg(front_.data(), front_.data(), front_.data() + front_.size());
  }

 protected:
  // Byte by byte: the other buffer must know the place.
  int_type underflow() override {
    const int_type c = back_.sbumpc();
    if (c == traits_type::eof()) return c;
    front_.assign(1, traits_type::to_char_type(c));
    setg(front_.data(), front_.data(), front_.data() + 1);
    return c;
  }

 private:
  std::string front_;
  std::streambuf& back_;
};

// Goes to the next {"ph": and returns it; "" at the end.
std::string next_event(PlacedBuffer& bytes) {
  constexpr std::string_view kKey = "\"ph\"";
  std::string seen;
  for (int c; (c = bytes.sbumpc()) != std::streambuf::traits_type::eof();) {
    const char next = static_cast<char>(c);
    if (next == '{') {
      seen.assign(1, '{');
    } else if (!seen.empty() && seen.size() == 1 &&
               (next == ' ' || next == '\n' || next == '\r' || next == '\t')) {
      continue;
    } else if (!seen.empty() && next == kKey[seen.size() - 1]) {
      seen += next;
      if (seen.size() == kKey.size() + 1) return seen;
    } else {
      seen.clear();
    }
  }
  return "";
}

}  // namespace

void walk_json(const Input& input, JsonVisitor& visitor) {
  const auto stream = input.open();
  visitor.stream_ = stream.get();
  PlacedBuffer& bytes = stream->buffer();
  bytes.repair_json();
  std::string front;
  for (;;) {
    Handler handler(visitor, *stream);
    Joined joined(std::move(front), bytes);
    std::istream resumed(&joined);
    resumed.exceptions(std::ios::badbit);
    std::istream& in = joined.in_avail() > 0 ? resumed : stream->in();
    try {
      if (nlohmann::json::sax_parse(in, &handler)) break;
      if (!visitor.goes_on_after(*handler.problem())) throw InputError({*handler.problem()});
      bytes.mark(0, "");
      front = next_event(bytes);
      bytes.restart_json();
    } catch (const CutShort& cut) {
      if (!visitor.goes_on_after(cut.problems().front())) throw;
      break;
    }
    if (front.empty()) break;
    front.insert(0, "{\"traceEvents\":[");
  }
  if (const std::size_t changed = bytes.repaired()->changed())
    input.told()->repaired =
        fmt::format("characters that JSON does not allow in texts: {} replaced (the first: {})", changed,
                    bytes.first_repaired().str());
}

bool is_at(const JsonPath& path, std::initializer_list<std::string_view> keys) {
  return std::equal(path.begin(), path.end(), keys.begin(), keys.end());
}

std::optional<double> number_in(const JsonScalar& value) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  if (const std::string* text = std::get_if<std::string>(&value)) return as_number(trimmed(*text));
  return std::nullopt;
}

const std::string* text_in(const JsonScalar& value) { return std::get_if<std::string>(&value); }

}  // namespace aifsim::records
