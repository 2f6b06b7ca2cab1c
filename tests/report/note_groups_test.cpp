// Notes of one kind become one line; what is no number of the note keeps them apart.
#include "report/note_groups.hpp"

#include <catch2/catch.hpp>

using namespace aifsim;

namespace {

std::vector<Point> points(const std::vector<std::string>& notes) {
  std::vector<Point> all;
  for (const std::string& note : notes) {
    Point p;
    p.platform = "m";
    p.gpus = 8 * (std::ssize(all) + 1);
    p.note = note;
    all.push_back(p);
  }
  return all;
}

std::vector<std::string> lines(const std::vector<Point>& points, std::size_t most_apart = 0) {
  std::vector<std::string> all;
  for (const NoteGroup& group : note_groups(
           points, [](const Point& p) { return p.note; }, most_apart))
    all.push_back(points_of(group) + ": " + group.text);
  return all;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("texts that differ in numbers alone are one line with ranges") {
  CHECK(lines(points({"uses 49 % of 60.8 GiB; micro_batch 4 fits", "",
                      "uses 7.5 % of 60.8 GiB; micro_batch 16 fits"})) ==
        Lines{"m, 8, 24 GPUs: uses 7.5 to 49 % of 60.8 GiB; micro_batch 4 to 16 fits"});
  CHECK(lines(points({"a takes 1 s.", "a takes 2 s."})) == Lines{"m, 8, 16 GPUs: a takes 1 to 2 s."});
}

TEST_CASE("names, places and quotes keep texts apart") {
  for (const auto& [one, other] :
       std::vector<std::pair<std::string, std::string>>{{"as on a100_80gb", "as on a100_40gb"},
                                                        {"slower than \"tp 8\"", "slower than \"tp 4\""},
                                                        {"q.yaml:3:7: unknown", "q.yaml:4:7: unknown"},
                                                        {"x1.2 of it", "x1.3 of it"},
                                                        {"12 ms", "12 s"}})
    CHECK(lines(points({one, other})).size() == 2);
}

TEST_CASE("few texts stay apart where that is asked for, equal ones do not") {
  const std::vector<Point> three = points({"1 s", "2 s", "1 s"});
  CHECK(lines(three, 2) == Lines{"m, 8, 24 GPUs: 1 s", "m, 16 GPUs: 2 s"});
  CHECK(lines(three, 1) == Lines{"m, 8, 16, 24 GPUs: 1 to 2 s"});
}

TEST_CASE("many platforms and variants are counted") {
  std::vector<Point> many = points({"1 s", "2 s", "3 s", "4 s", "5 s"});
  for (std::size_t i = 0; i < many.size(); ++i) many[i].variant = std::string(1, static_cast<char>('a' + i));
  CHECK(lines(many) == Lines{"5 points, m, a, 8 GPUs to m, e, 40 GPUs: 1 to 5 s"});
}
