#include "base/own_process.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "base/error.hpp"
#include "base/packed.hpp"

namespace aifsim {

TEST_CASE("work in a process of its own answers, and changes nothing here") {
  int here = 1;
  const pid_t me = getpid();
  const std::string answer = in_own_process([&] {
    here = 2;
    return std::string(1 << 20, getpid() == me ? 'n' : 'y');
  });
  CHECK(answer == std::string(1 << 20, 'y'));
  CHECK(here == 1);
}

TEST_CASE("errors come back from a process of their own as they were") {
  using Catch::Contains;
  CHECK_THROWS_WITH(in_own_process([]() -> std::string { throw CannotAnswer("no way"); }), "no way");
  CHECK_THROWS_AS(in_own_process([]() -> std::string { throw CannotAnswer("no way"); }), CannotAnswer);
  try {
    in_own_process([]() -> std::string { throw InputError(Place{"a.yaml", 3, 7}, "wrong"); });
    FAIL("nothing was thrown");
  } catch (const InputError& error) {
    CHECK(error.problems().front().str() == "a.yaml:3:7: wrong");
  }
  CHECK_THROWS_WITH(in_own_process([]() -> std::string { throw std::logic_error("deadlock"); }), "deadlock");
  CHECK_THROWS_WITH(in_own_process([]() -> std::string {
                      raise(SIGKILL);
                      return "";
                    }),
                    Contains("ended by signal 9"));
}

TEST_CASE("what is packed is unpacked, and what is cut off is an error") {
  Packer packer;
  packer.add(1.5, std::string("two"), std::vector<double>{3, 4}, std::vector<double>{});
  const std::string bytes = packer.take();
  double number = 0;
  std::string text;
  std::vector<double> all, none{1};
  Unpacker(bytes).get(number, text, all, none);
  CHECK(number == 1.5);
  CHECK(text == "two");
  CHECK(all == std::vector<double>{3, 4});
  CHECK(none.empty());
  CHECK_THROWS_WITH(Unpacker(std::string_view(bytes).substr(0, 9)).get(number, text),
                    "packed bytes are cut off");
}

}  // namespace aifsim
