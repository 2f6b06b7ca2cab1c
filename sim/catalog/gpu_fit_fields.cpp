#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<ReleaseFactor> {
  static Table<ReleaseFactor> make() {
    using T = ReleaseFactor;
    return {
        {
            required("software", &T::software, "Software release, as the measurements name it."),
            required("time_factor", &T::time_factor, {.min = 0.1, .max = 10},
                     "Its kernels' time over the model's."),
            optional("fixed_time", &T::fixed_time, kNotNegative,
                     "Its own time of the smallest kernel, in place of the block's, where above 0."),
            optional("row_time", &T::row_time, kNotNegative,
                     "Its own time per row quantised, in place of the block's, where above 0."),
            optional("regroup_time", &T::regroup_time, kNotNegative,
                     "Its own time for bringing queries together, in place of the block's, where above 0."),
        },
        {}};
  }
};

Table<FitInfo> TableOf<FitInfo>::make() {
  using T = FitInfo;
  return {{
              required("spread", &T::spread, kNotNegative,
                       "Of log(measured / model) on rows kept out of the fit: 80 % of them lie within 1.2816 "
                       "times this."),
              optional("points", &T::points, kCountOrZero,
                       "Rows behind the fit; 0: carried over from other GPUs."),
              optional("range", &T::range, "Smallest to largest shape of those rows."),
              optional("date", &T::date, "Day of the fit."),
              optional("from", &T::from, "GPU models from which the constants were carried over."),
              optional("releases", &T::releases, "Time factors of software releases."),
              optional("constants", &T::constants, "Order of the constants in the covariance."),
              optional("covariance", &T::covariance,
                       "Of the logarithms of the constants: lower triangle, row by row."),
          },
          [](Reader& reader, const Node& node, const T& fit) {
            const std::size_t n = fit.constants.size();
            if (fit.covariance.size() != n * (n + 1) / 2)
              reader.problem(node.find("covariance") ? node.find("covariance")->place : node.place,
                             fmt::format("expected {} numbers, the lower triangle for {} constants, found {}",
                                         n * (n + 1) / 2, n, fit.covariance.size()));
          }};
}

}  // namespace aifsim::catalog
