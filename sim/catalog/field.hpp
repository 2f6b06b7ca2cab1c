// Field tables: one per kind of object, one line per field. The reader, the errors, the schema and the rows
// of `figures` all come from them. How a type of value is read and described is said once, in its Codec.
#pragma once
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/reader.hpp"
#include "catalog/shape.hpp"
#include "catalog/words.hpp"

namespace aifsim::catalog {

template <class T>
struct Field {
  Property property;
  std::function<void(Reader&, const Node&, T&)> read;
};

template <class T>
struct Table {
  std::vector<Field<T>> fields;
  // Rules between fields; called when each field alone is right.
  std::function<void(Reader&, const Node&, const T&)> check;

  bool has(std::string_view name) const {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.property.name == name; });
  }
};

template <class T>
struct TableOf;  // static Table<T> make()

template <class T>
concept Object = requires {
  TableOf<T>::make();
};

template <Object T>
const Table<T>& table() {
  static const Table<T> made = TableOf<T>::make();
  return made;
}

enum class Presence { whole, partial };  // partial: any key may be left out, and keeps what the object holds

template <Object T>
bool read_object(Reader& reader, const Node& node, T& out, Presence presence = Presence::whole) {
  if (!reader.expect_map(node)) return false;
  const std::size_t before = reader.problems.size();
  if constexpr (requires { out.place = Place{}; }) out.place = node.place;
  const Table<T>& described = table<T>();
  const Node* kind = node.find("kind");
  const auto belongs = [&](const Property& p) {
    return p.only_for.empty() || (kind && kind->text == p.only_for);
  };

  std::vector<std::string_view> known;
  bool holds_figures = false;
  bool kind_known = false;  // else the error at `kind` is enough
  for (const Field<T>& field : described.fields) {
    if (belongs(field.property)) {
      known.push_back(field.property.name);
      kind_known |= !field.property.only_for.empty();
    }
    holds_figures |= field.property.holds_figures;
  }
  if (!described.has("source")) known.push_back("source");
  if (holds_figures) known.push_back("confidence");
  if (reader.at_top()) known.push_back("include");

  for (const Node::Entry& entry : node.entries) {
    const Field<T>* match = nullptr;
    const Property* elsewhere = nullptr;  // the key exists, but for another kind
    for (const Field<T>& field : described.fields) {
      if (field.property.name != entry.key) continue;
      if (belongs(field.property)) {
        match = &field;
      } else {
        elsewhere = &field.property;
      }
    }
    if (match) {
      const Reader::Step step(reader, entry.key);
      match->read(reader, entry.value, out);
    } else if (elsewhere) {
      if (kind_known) reader.key_of_other_kind(node, entry, elsewhere->only_for);
    } else if (entry.key != "source" && (entry.key != "confidence" || !holds_figures)) {
      // Those two are read with the document: figures carry them.
      reader.unknown_key(entry, known);
    }
  }
  for (const Field<T>& field : described.fields) {
    const Property& p = field.property;
    if (presence == Presence::partial || !belongs(p) || node.find(p.name)) continue;
    if (p.required) {
      if (!reader.is_swept(p.name)) reader.missing_key(node, p.name, p.doc);
    } else if (!p.default_text.empty()) {
      reader.default_row(node, p.name, p.default_text);
    }
  }
  if (described.check && reader.problems.size() == before) {
    described.check(reader, node, out);
    reader.clashes += reader.problems.size() - before;
  }
  return reader.problems.size() == before;
}

template <class V>
struct Codec;

template <>
struct Codec<std::string> {
  static bool read(Reader& r, const Node& n, std::string& out, const Limits&) { return r.text(n, out); }
  static Shape shape(const Limits&) { return {.kind = Shape::Kind::text}; }
  static std::string text(const std::string& v) { return v; }
  static bool holds_figures() { return false; }
};

template <>
struct Codec<bool> {
  static bool read(Reader& r, const Node& n, bool& out, const Limits&) { return r.boolean(n, out); }
  static Shape shape(const Limits&) { return {.kind = Shape::Kind::boolean}; }
  static std::string text(bool v) { return v ? "true" : "false"; }
  static bool holds_figures() { return false; }
};

template <>
struct Codec<std::int64_t> {
  static bool read(Reader& r, const Node& n, std::int64_t& out, const Limits& l) {
    return r.whole(n, l, out);
  }
  static Shape shape(const Limits& l) { return {.kind = Shape::Kind::number, .limits = l}; }
  static std::string text(std::int64_t v) { return std::to_string(v); }
  static bool holds_figures() { return false; }
};

template <>
struct Codec<std::uint64_t> {
  static bool read(Reader& r, const Node& n, std::uint64_t& out, const Limits&) { return r.whole(n, out); }
  static Shape shape(const Limits&) {
    return {.kind = Shape::Kind::number, .limits = {.min = 0, .max = 18446744073709551615.0, .whole = true}};
  }
  static std::string text(std::uint64_t v) { return std::to_string(v); }
  static bool holds_figures() { return false; }
};

template <>
struct Codec<double> {
  static bool read(Reader& r, const Node& n, double& out, const Limits& l) { return r.number(n, l, out); }
  static Shape shape(const Limits& l) { return {.kind = Shape::Kind::number, .limits = l}; }
  static std::string text(double v) { return fmt::format("{}", v); }
  static bool holds_figures() { return false; }
};

template <class Tag>
struct Codec<Quantity<Tag>> {
  static constexpr Dimension kDimension = DimensionOf<Quantity<Tag>>::value;
  static bool read(Reader& r, const Node& n, Quantity<Tag>& out, const Limits& l) {
    return r.quantity(n, kDimension, l, out.value);
  }
  static Shape shape(const Limits& l) {
    return {.kind = Shape::Kind::quantity, .limits = l, .dimension = kDimension};
  }
  static std::string text(Quantity<Tag> v) { return print(v); }
  static bool holds_figures() { return false; }
};

template <class V>
struct Codec<Figure<V>> {
  static bool read(Reader& r, const Node& n, Figure<V>& out, const Limits& l) {
    const Node* value = r.figure_value(n);
    if (!value || !Codec<V>::read(r, *value, out.value, l)) return false;
    out.place = value->place;
    return r.provenance(*value, l, out.source, out.confidence);
  }
  static Shape shape(const Limits& l) {
    Shape s = Codec<V>::shape(l);
    s.figure = true;
    return s;
  }
  static std::string text(const Figure<V>&) {
    return "";
  }  // a figure has no default: it would have no source
  static bool holds_figures() { return true; }
};

template <class E>
requires std::is_enum_v<E>
struct Codec<E> {
  static bool read(Reader& r, const Node& n, E& out, const Limits&) {
    std::size_t index = 0;
    std::optional<std::size_t> known;
    if (const auto value = n.is_scalar() ? value_of<E>(n.text) : std::nullopt)
      known = static_cast<std::size_t>(*value);
    if (!r.word(n, words<E>(), index, known)) return false;
    out = static_cast<E>(index);
    return true;
  }
  static Shape shape(const Limits&) {
    return {.kind = Shape::Kind::word, .words = {words<E>().begin(), words<E>().end()}};
  }
  static std::string text(E v) { return std::string(word_of(v)); }
  static bool holds_figures() { return false; }
};

template <class V>
struct Codec<std::vector<V>> {
  // Plain numbers may repeat, and so may layers; names may not.
  static constexpr bool distinct = !std::is_same_v<V, double> && !Object<V>;
  static bool read(Reader& r, const Node& n, std::vector<V>& out, const Limits& l) {
    if (!r.expect_list(n, distinct)) return false;
    out.clear();  // a default
    bool good = true;
    for (std::size_t i = 0; i < n.items.size(); ++i) {
      const Reader::Step step(r, i);
      V value{};
      good &= Codec<V>::read(r, n.items[i], value, l);
      out.push_back(std::move(value));
    }
    return good;
  }
  static Shape shape(const Limits& l) {
    return {.kind = Shape::Kind::list, .element = {Codec<V>::shape(l)}, .distinct = distinct};
  }
  static std::string text(const std::vector<V>&) { return ""; }
  static bool holds_figures() { return Codec<V>::holds_figures(); }
};

// A map whose keys are the words of an enumeration: `peak: {bf16: 312TFLOPS}`.
template <class K, class V>
requires std::is_enum_v<K>
struct Codec<std::map<K, V>> {
  static bool read(Reader& r, const Node& n, std::map<K, V>& out, const Limits& l) {
    if (!r.expect_map(n)) return false;
    bool good = true;
    for (const Node::Entry& entry : n.entries) {
      if (entry.key == "source" || entry.key == "confidence") continue;
      if (const auto key = value_of<K>(entry.key)) {
        const Reader::Step step(r, entry.key);
        if (out.count(*key)) {
          r.problem(entry.place, "stands twice in this map, by two words for it");
          good = false;
          continue;
        }
        good &= Codec<V>::read(r, entry.value, out[*key], l);
      } else {
        r.unknown_key(entry, words<K>());
        good = false;
      }
    }
    if (good && out.empty()) r.problem(n.place, "expected at least one entry, found none");
    return good && !out.empty();
  }
  static Shape shape(const Limits& l) {
    return {.kind = Shape::Kind::word_map,
            .words = {words<K>().begin(), words<K>().end()},
            .element = {Codec<V>::shape(l)}};
  }
  static std::string text(const std::map<K, V>&) { return ""; }
  static bool holds_figures() { return Codec<V>::holds_figures(); }
};

template <Object T>
Shape object_shape() {
  Shape s{.kind = Shape::Kind::object};
  for (const Field<T>& field : table<T>().fields) s.properties.push_back(field.property);
  return s;
}

template <Object T>
struct Codec<T> {
  static bool read(Reader& r, const Node& n, T& out, const Limits&) { return read_object(r, n, out); }
  static Shape shape(const Limits&) { return object_shape<T>(); }
  static std::string text(const T&) { return ""; }
  static bool holds_figures() {
    const auto& fields = table<T>().fields;
    return std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.property.holds_figures; });
  }
};

// --- the lines of a table ---

template <class T, class V>
Field<T> required(const char* name, V T::*member, Limits limits, const char* doc) {
  Field<T> field;
  field.property = {name, doc, true, "", "", Codec<V>::holds_figures(), {Codec<V>::shape(limits)}};
  field.read = [=](Reader& r, const Node& n, T& out) { Codec<V>::read(r, n, out.*member, limits); };
  return field;
}
template <class T, class V>
Field<T> required(const char* name, V T::*member, const char* doc) {
  return required(name, member, Limits{}, doc);
}

// May be left out; the default is the one of the C++ member.
template <class T, class V>
Field<T> optional(const char* name, V T::*member, Limits limits, const char* doc) {
  Field<T> field = required(name, member, limits, doc);
  field.property.required = false;
  field.property.default_text = Codec<V>::text(T{}.*member);
  return field;
}
template <class T, class V>
Field<T> optional(const char* name, V T::*member, const char* doc) {
  return optional(name, member, Limits{}, doc);
}

// Keeps the place of the value too, for errors that are found later.
template <class T, class V>
Field<T> required_at(const char* name, V T::*member, Place T::*place, Limits limits, const char* doc) {
  Field<T> field = required(name, member, limits, doc);
  field.read = [=](Reader& r, const Node& n, T& out) {
    Codec<V>::read(r, n, out.*member, limits);
    out.*place = n.place;
  };
  return field;
}
template <class T, class V>
Field<T> optional_at(const char* name, V T::*member, Place T::*place, Limits limits, const char* doc) {
  Field<T> field = optional(name, member, limits, doc);
  field.read = required_at(name, member, place, limits, doc).read;
  return field;
}
template <class T, class V>
Field<T> required_at(const char* name, std::vector<V> T::*member, std::vector<Place> T::*places,
                     Limits limits, const char* doc) {
  Field<T> field = required(name, member, limits, doc);
  field.read = [=](Reader& r, const Node& n, T& out) {
    Codec<std::vector<V>>::read(r, n, out.*member, limits);
    for (const Node& item : n.items) (out.*places).push_back(item.place);
  };
  return field;
}

// `kind:` with one of the given words. At the top of a file, the only word is the file's kind.
template <class T>
Field<T> kind_field(std::vector<std::string_view> kinds, std::string T::*member, const char* doc) {
  Field<T> field;
  Shape shape{.kind = Shape::Kind::word, .words = kinds};
  field.property = {"kind", doc, true, "", "", false, {std::move(shape)}};
  field.read = [kinds = std::move(kinds), member](Reader& r, const Node& n, T& out) {
    std::size_t index = 0;
    if (!r.word(n, kinds, index)) return;
    if (member) {
      out.*member = std::string(kinds[index]);
    } else {
      r.rows.pop_back();  // says nothing: every file of the kind has it
    }
  };
  return field;
}

// A part that may be absent.
template <class T, class V>
Field<T> part(const char* name, std::optional<V> T::*member, const char* doc) {
  Field<T> field;
  field.property = {name, doc, false, "", "", Codec<V>::holds_figures(), {Codec<V>::shape({})}};
  field.read = [=](Reader& r, const Node& n, T& out) {
    Codec<V>::read(r, n, (out.*member).emplace(), {});
    (out.*member)->place = n.place;
  };
  return field;
}

// The fields of one alternative of a variant stand beside `kind: WORD`, which chooses it.
template <Object Alternative, class T, class... Alternatives>
void add_alternative(Table<T>& into, const char* kind, std::variant<Alternatives...> T::*member) {
  for (const Field<Alternative>& field : table<Alternative>().fields) {
    Field<T> wrapped{field.property, [read = field.read, member](Reader& r, const Node& n, T& out) {
                       if (!std::holds_alternative<Alternative>(out.*member)) out.*member = Alternative{};
                       read(r, n, std::get<Alternative>(out.*member));
                     }};
    wrapped.property.only_for = kind;
    into.fields.push_back(std::move(wrapped));
  }
}

}  // namespace aifsim::catalog
