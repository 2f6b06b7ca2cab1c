// A class: who has which folder, marked and ranked.
#pragma once
#include <string>
#include <vector>

#include "exercise/marks.hpp"

namespace aifsim {

struct ClassRow {
  std::string student, folder;
  std::size_t rank = 0;  // from 1; 0 = none
  Marks marks;
  std::string remark;   // why a contest's entry has no score
  std::string problem;  // not empty: the folder could not be marked, and why
};

// `file`: a CSV table with the columns name and folder, relative to it. Contests are ranked by score, then whoever has
// none by what is right; InputError for the table, the folders' own problems stand in their rows.
std::vector<ClassRow> ranked_class(const Catalog& catalog, const std::filesystem::path& file,
                                   const std::string& version);

}  // namespace aifsim
