// The one cleaning step of all formats in text: what launchers, terminals, log collectors and people put around
// the lines of a program is taken off, and counted. Only what is evidently no data: a shape that no data have
// (prefixes.hpp), or a label that stands before most lines of the file, and before lines of several kinds.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "records/prefixes.hpp"

namespace aifsim::records {

// What was taken off (with an example), and from how many lines.
using Stripped = std::map<std::string, std::size_t>;

class Cleaner {
 public:
  // `head`: the first lines of the file, as they stand there.
  explicit Cleaner(std::string_view head);

  void clean(std::string& line);
  // The column in the file of a column of the line cleaned last.
  int column(int cleaned) const;
  // What was taken off the front of that line.
  const std::string& prefix() const { return prefix_; }
  Stripped stripped() const;

 private:
  enum Kind { launcher, stamp, quoted, numbers, colours, spaces, carriage, fences, kinds };
  struct Cut {
    std::size_t at, bytes;  // in front of this byte of the cleaned line, so many bytes were taken off
  };
  void decide(std::string_view head);
  void without_codes(std::string& line, std::array<bool, kinds>& found);
  std::size_t prefix_length(std::string_view line, std::array<bool, kinds>& found) const;

  std::vector<std::pair<LabelShape, std::string>> labels_;  // that the file has, from the outside in
  bool line_numbers_ = false, written_codes_ = false, lost_escapes_ = false;
  std::vector<Cut> cuts_;
  std::size_t front_ = 0;
  std::string prefix_, scratch_;
  std::array<std::size_t, kinds> counts_{};
  std::array<std::string, kinds> examples_;
};

// The lines of `text`, cleaned, for recognising formats.
std::string cleaned(std::string_view text);

}  // namespace aifsim::records
