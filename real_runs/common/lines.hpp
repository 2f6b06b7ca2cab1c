// What a measuring program prints, one line each, fields parted by tabs; `aifsim measure` reads it.
//
//   meta  KEY VALUE            metadata of the record
//   case  I N NAME             case I (from 1) of N begins
//   row   COLUMN=VALUE...      one row of the record
//   skip  NAME REASON          a case that cannot run here
//   error TEXT                 and the program ends with exit code 3
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace real_runs {

inline std::string clean(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  return text;
}

inline void meta(const std::string& key, const std::string& value) {
  std::printf("meta\t%s\t%s\n", clean(key).c_str(), clean(value).c_str());
}

inline void skip(const std::string& name, const std::string& reason) {
  std::printf("skip\t%s\t%s\n", clean(name).c_str(), clean(reason).c_str());
  std::fflush(stdout);
}

[[noreturn]] inline void fail(const std::string& text) {
  std::printf("error\t%s\n", clean(text).c_str());
  std::fflush(stdout);
  std::_Exit(3);
}

class Row {
 public:
  explicit Row(const std::string& op) { set("op", op); }
  Row& set(const std::string& column, const std::string& value) {
    line_ += "\t" + column + "=" + clean(value);
    return *this;
  }
  Row& set(const std::string& column, const char* value) { return set(column, std::string(value)); }
  Row& set(const std::string& column, double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.9g", value);
    return set(column, std::string(text));
  }
  void print() const {
    std::printf("row%s\n", line_.c_str());
    std::fflush(stdout);
  }

 private:
  std::string line_;
};

// Seconds of repeated runs of one case.
struct Times {
  double minimum = 0, median = 0, p90 = 0;
  std::size_t count = 0;
};

inline Times summary(std::vector<double> seconds) {
  Times t;
  if (seconds.empty()) return t;
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1) + 0.5)];
  };
  t.minimum = seconds.front();
  t.median = at(0.5);
  t.p90 = at(0.9);
  t.count = seconds.size();
  return t;
}

inline Row& set_times(Row& row, const Times& t) {
  return row.set("time_us", t.median * 1e6)
      .set("min_us", t.minimum * 1e6)
      .set("p90_us", t.p90 * 1e6)
      .set("count", static_cast<double>(t.count));
}

}  // namespace real_runs
