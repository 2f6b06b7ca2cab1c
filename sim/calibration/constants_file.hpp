// Writes fitted constants into the text of a file of the catalogue, and leaves the rest of it as it stands:
// comments, datasheet figures, constants that are not fitted. The one way from a fit to a YAML file.
#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catalog/collective_models.hpp"

namespace aifsim {

// "2.5us", "0.83", "12.000000GB/s"
std::string value_text(ModelUnit unit, double value);

struct WrittenBlock {
  std::vector<std::pair<std::string, std::string>> names =
      {};  // of a list's entry: what tells it from the others
  std::string source = {}, confidence = "fitted";
  std::vector<std::pair<std::string, std::string>> constants = {};
  const FitInfo* fit = nullptr;  // absent: its figures are among the constants
};
// Keys and values, without indentation.
std::string lines_of(const WrittenBlock& block);
// As an entry of a list, under its key.
std::string item_of(const WrittenBlock& block);

class ConstantsFile {
 public:
  enum class At { begin, end };

  explicit ConstantsFile(const std::string& text);
  // At a path such as "gemm.bf16", whose blocks are added where they are not there ("": the file itself), in place of
  // those keys.
  void put(const std::string& path, const WrittenBlock& block);
  void put(const std::string& path, const std::set<std::string>& replaced, const std::string& lines,
           At at = At::begin);
  std::string text() const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace aifsim
