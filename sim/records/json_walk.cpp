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

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
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
    if (what.size() > 300) what = what.substr(0, 300) + "...";
    throw InputError(stream_.place(), "not JSON: " + what);
  }

 private:
  void mark() { stream_.buffer().mark(kLongest, "a JSON value"); }
  // `path_` has one key per open bracket: of the value that comes next.
  bool scalar(JsonScalar value) {
    visitor_.value(path_, value);
    mark();
    return true;
  }
  bool open() {
    if (path_.size() == kDeepest)
      throw InputError(stream_.place(), fmt::format("JSON nested deeper than {} levels", kDeepest));
    visitor_.begin(path_);
    path_.emplace_back();
    mark();
    return true;
  }
  bool close() {
    path_.pop_back();
    visitor_.end(path_);
    mark();
    return true;
  }

  JsonVisitor& visitor_;
  Input::Stream& stream_;
  JsonPath path_;
};

}  // namespace

void walk_json(const Input& input, JsonVisitor& visitor) {
  const auto stream = input.open();
  visitor.stream_ = stream.get();
  Handler handler(visitor, *stream);
  nlohmann::json::sax_parse(stream->in(), &handler);
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
