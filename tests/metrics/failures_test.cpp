#include "metrics/failures.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace aifsim {

TEST_CASE("a job of many nodes fails as often as all of them, and loses half an interval each time",
          "[metrics]") {
  const JobFailures f = job_failures(Seconds{1e7}, Seconds{600}, 1000);
  CHECK(f.between.value == Approx(1e4));
  // Rare failures: a restart and half an interval of each, to first order.
  const JobFailures rare{Seconds{1e6}, Seconds{300}};
  CHECK(1 - counting_share(rare, Seconds{2000}) == Approx((300 + 1000) / 1e6).epsilon(0.01));
  CHECK(counting_share({Seconds{1e12}, Seconds{0}}, Seconds{100}) == Approx(1));
  double before = 1;
  for (const double interval : {100.0, 1e3, 1e4, 1e5}) {
    const double share = counting_share(f, Seconds{interval});
    CHECK(share < before);
    before = share;
  }
  CHECK(before < 1e-3);
}

TEST_CASE("the closed form is what a run with drawn failures comes to", "[metrics]") {
  const JobFailures f{Seconds{5000}, Seconds{400}};
  const double interval = 1500;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> next(1 / f.between.value);
  double wall = 0;
  const int intervals = 200000;
  for (int i = 0; i < intervals; ++i)
    for (double left = interval;;) {  // memoryless: each try starts anew
      const double at = next(random);
      if (at >= left) {
        wall += left;
        break;
      }
      wall += at;
      left = f.restart.value + interval;
    }
  CHECK(intervals * interval / wall == Approx(counting_share(f, Seconds{interval})).epsilon(0.01));
}

TEST_CASE("nothing is lost beyond the end of a run", "[metrics]") {
  const JobFailures f{Seconds{5000}, Seconds{400}};
  const Seconds run{3000};
  // Of whole pieces the run's length says nothing; with no checkpoint in it, the interval.
  CHECK(counting_share(f, Seconds{1500}, run) == Approx(counting_share(f, Seconds{1500})));
  for (const double interval : {3000.0, 3e4, 3e9})
    CHECK(counting_share(f, Seconds{interval}, run) == Approx(counting_share(f, run)));
  // 2,000 s and a last piece of 1,000 s.
  const double whole = 2000 / counting_share(f, Seconds{2000}) + 1000 / counting_share(f, Seconds{1000});
  CHECK(counting_share(f, Seconds{2000}, run) == Approx(3000 / whole));
}

TEST_CASE("the best interval is a minimum, and Young's where writing is quick", "[metrics]") {
  for (const double between : {1e3, 1e4, 1e6})
    for (const double writing : {1.0, 30.0, 600.0}) {
      const JobFailures f{Seconds{between}, Seconds{100}};
      const double best = best_interval(f, Seconds{writing}).value;
      const auto lost = [&](double training) {  // the time that trains
        return counting_share(f, Seconds{training + writing}) * training / (training + writing);
      };
      INFO(between << " s, " << writing << " s");
      CHECK(lost(best) >= lost(best * 1.01));
      CHECK(lost(best) >= lost(best / 1.01));
      if (writing < 0.001 * between) CHECK(best == Approx(std::sqrt(2 * writing * between)).epsilon(0.05));
    }
}

}  // namespace aifsim
