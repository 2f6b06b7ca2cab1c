// Walks through a JSON document without holding it: a visitor gets each value with its path. Nesting deeper
// than 64 and more than 1 MiB without a text or a number are InputErrors, as is broken JSON, with line and column; what
// json_repair.hpp makes readable is none.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "records/input.hpp"

namespace aifsim::records {

// Keys from the outermost object on; an element of an array stands as "".
using JsonPath = std::vector<std::string>;
using JsonScalar = std::variant<std::nullptr_t, bool, double, std::string>;

class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  virtual void value(const JsonPath& path, const JsonScalar& value) = 0;
  virtual void begin(const JsonPath&) {}  // of an object or array
  virtual void end(const JsonPath&) {}
  // A list of events may be worth its parts: where the JSON is broken or ends too early, this may take the problem and
  // return true. Then the walk goes on with the next event ({"ph": ...), as if the list traceEvents began there.
  virtual bool goes_on_after(const Problem&) { return false; }
  Place place() const { return stream_->place(); }  // just behind the value, key or bracket last read

 private:
  friend void walk_json(const Input&, JsonVisitor&, bool);
  const Input::Stream* stream_ = nullptr;
};

// The JSON in a log: of a file that is none itself, the cleaned lines (clean.hpp) from the first that begins with '{'.
Input json_in(const Input& input);
// Does `head`, of a file, have a line that begins with '{' and all of `parts` behind it?
bool has_json(std::string_view head, std::initializer_list<std::string_view> parts);

// `whole`: nothing may stand behind the value.
void walk_json(const Input& input, JsonVisitor& visitor, bool whole = true);
// Does `path` end in `tail`, and is it this long?
bool is_at(const JsonPath& path, std::initializer_list<std::string_view> keys);

// A number, or a text that holds one ("12.5", as some tools write them); nullopt for anything else.
std::optional<double> number_in(const JsonScalar& value);
const std::string* text_in(const JsonScalar& value);

}  // namespace aifsim::records
