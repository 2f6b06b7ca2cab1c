// Reads the parts of a document into C++ values; collects every problem, and a row per figure and setting.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "catalog/document.hpp"
#include "catalog/shape.hpp"

namespace aifsim::catalog {

class Reader {
 public:
  std::vector<Problem> problems;
  std::vector<FigureRow> rows;
  std::size_t clashes = 0;  // of the problems: values that are right each alone and do not go together
  // What the variants of a scenario start from; null where the workload cannot be read.
  const TrainingDescription* base_training = nullptr;
  // Keys of training blocks that the scenario sweeps, and paths inside of them ("checkpoint.steps"): what clashes with
  // one of them is told of the points that have it.
  std::vector<std::string> swept_training;
  bool at_point = false;  // what is read are the values of such a point, over what stands in files

  bool at_top() const { return path_.empty(); }
  bool is_swept(std::string_view key) const;  // of the training block that is being read: its points say it

  // A problem at a place; the message is led by the path of the value that is being read.
  void problem(const Place& place, std::string_view message);
  // The same, led by the path of a key inside the map that is being read.
  void problem_in(const Node& map, std::string_view key, std::string_view message);

  // Each reads one scalar. False: a problem was told, and `out` is untouched.
  bool text(const Node& node, std::string& out);
  bool boolean(const Node& node, bool& out);
  bool number(const Node& node, const Limits& limits, double& out);
  bool whole(const Node& node, const Limits& limits, std::int64_t& out);
  bool whole(const Node& node, std::uint64_t& out);
  bool quantity(const Node& node, Dimension dimension, const Limits& limits, double& out);
  // One of `words`, however it is spelt; `known`: its index, where another word for it is found.
  bool word(const Node& node, std::span<const std::string_view> words, std::size_t& out,
            std::optional<std::size_t> known = std::nullopt);

  bool expect_map(const Node& node);
  bool expect_list(const Node& node, bool distinct);  // not empty; distinct: no scalar twice
  // The node that holds a figure's value: itself, or the `value:` of a map. Null: a problem was told.
  const Node* figure_value(const Node& node);
  bool provenance(const Node& value, const Limits& limits, std::string& source, Confidence& confidence);
  void unknown_key(const Node::Entry& entry, std::span<const std::string_view> known);
  // A key of `map` that another `kind:` than its own has.
  void key_of_other_kind(const Node& map, const Node::Entry& entry, std::string_view kind);
  void missing_key(const Node& map, std::string_view key, std::string_view doc);
  void default_row(const Node& map, std::string_view key, std::string text);

  // The path of the value that is being read grows by `.key` or `[index]` while a Step lives.
  class Step {
   public:
    Step(Reader& reader, std::string_view key);
    Step(Reader& reader, std::size_t index);
    ~Step() { reader_.path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
    std::size_t size_;
  };

 private:
  bool fail(const Node& node, std::string_view message);
  bool in_range(const Node& node, const Limits& limits, double value);
  void row(const Node& node);

  std::string path_;
};

}  // namespace aifsim::catalog
