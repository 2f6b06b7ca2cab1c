#include "experiment/store.hpp"

#include <catch2/catch.hpp>

#include "experiment/scratch.hpp"

namespace aifsim {

TEST_CASE("what was added is there for the next run, to the byte", "[experiment]") {
  const ScratchRuns scratch;
  const std::string outcome("\0\1\xff binary", 10);
  {
    Store store(scratch / "out");
    CHECK_FALSE(std::filesystem::exists(store.file()));  // until there is something to keep
    CHECK_FALSE(store.find("a"));
    store.add("a", {"1", "first", "", outcome});
    store.add("b", {"1", "second", "does not fit", "", true});
  }
  Store store(scratch / "out");
  CHECK(store.has("a"));
  CHECK(store.find("a")->outcome == outcome);
  CHECK(store.find("b")->problem == "does not fit");
  CHECK_FALSE(store.has("b"));  // it died: another run tries again
  CHECK_FALSE(store.has("c"));
  store.add("c", {"2", "of another build", "", ""});
  store.keep_only("1");
  CHECK(store.has("a"));
  CHECK_FALSE(store.find("c"));
}

TEST_CASE("two runs may keep their outcomes in one folder", "[experiment]") {
  const ScratchRuns scratch;
  Store one(scratch / "out"), two(scratch / "out");
  one.add("a", {"1", "first", "", "1"});
  two.add("b", {"1", "second", "", "2"});
  CHECK(one.has("b"));
  CHECK(two.has("a"));
}

TEST_CASE("a file that is no store is the user's to move", "[experiment]") {
  const ScratchRuns scratch;
  scratch.write(Store::file_name,
                "not a database, but a text of some length that SQLite cannot take for one\n");
  CHECK_THROWS_WITH(Store(scratch / ""), Catch::Contains("store.sqlite: cannot keep outcomes here"));
  scratch.write("file", "");
  Store store(scratch / "file");
  CHECK_THROWS_AS(store.add("a", {"1", "n", "", ""}), InputError);
}

TEST_CASE("a merge takes what is missing, once, and an answer for one that died", "[experiment]") {
  const ScratchRuns scratch;
  {
    Store task(scratch / "task");
    task.add("a", {"1", "n", "", "answer"});
    task.add("b", {"1", "n", "", "other"});
    task.add("c", {"1", "n", "died", "", true});
    task.add("d", {"2", "n", "", "of another build"});
  }
  Store store(scratch / "out");
  store.add("a", {"1", "n", "died", "", true});
  store.add("b", {"1", "n", "", "mine"});
  for (int i = 0; i < 2; ++i) store.merge(scratch / "task", "1");
  CHECK(store.find("a")->outcome == "answer");
  CHECK(store.find("a")->problem.empty());
  CHECK(store.find("b")->outcome == "mine");
  CHECK(store.answered() == std::unordered_set<std::string>{"a", "b"});
  CHECK(store.answered(true) == std::unordered_set<std::string>{"a", "b", "c"});
  store.discard();  // takes nothing away that others have run
  CHECK(std::filesystem::exists(scratch / "out"));
  CHECK(answered_at_rest(scratch / "out").size() == 2);
  CHECK(answered_at_rest(scratch / "none").empty());
}

TEST_CASE("a store that is discarded leaves nothing", "[experiment]") {
  const ScratchRuns scratch;
  Store store(scratch / "out");
  store.add("a", {"1", "n", "", ""});
  store.discard();
  CHECK_FALSE(std::filesystem::exists(scratch / "out"));
}

}  // namespace aifsim
