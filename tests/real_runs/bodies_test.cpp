// The bodies of the CUDA kernels, called in loops on the CPU, against references written independently.
#include "cuda/bodies.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "cuda/reference.hpp"

namespace real_runs {
namespace {

using bodies::Index;

std::vector<float> random_values(Index count, std::uint32_t seed) {
  std::vector<float> values;
  for (Index i = 0; i < count; ++i) values.push_back(bodies::random_value(i, seed));
  return values;
}

std::vector<double> doubles(const std::vector<float>& x) { return {x.begin(), x.end()}; }

void check_close(const std::vector<float>& got, const std::vector<double>& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(wanted[i]).margin(1e-5).epsilon(1e-4));
}

}  // namespace

TEST_CASE("row bodies give whole rows whatever the number of lanes", "[real_runs]") {
  constexpr Index rows = 3, width = 50;
  const auto x = random_values(rows * width, 1), weight = random_values(width, 2),
             bias = random_values(width, 3);
  for (const Index lanes : {1, 32, 64}) {
    std::vector<float> rms(x.size()), layer(x.size()), soft(x.size()), gradient(x.size());
    for (Index row = 0; row < rows; ++row) {
      float sum = 0, squares = 0, centred = 0, top = -INFINITY, exponentials = 0;
      for (Index l = 0; l < lanes; ++l) {
        sum += bodies::row_sum(x.data(), row, width, l, lanes);
        squares += bodies::row_squares(x.data(), 0.0F, row, width, l, lanes);
        top = std::max(top, bodies::row_maximum(x.data(), row, width, l, lanes));
      }
      const float mean = sum / width;
      for (Index l = 0; l < lanes; ++l) {
        centred += bodies::row_squares(x.data(), mean, row, width, l, lanes);
        exponentials += bodies::row_exponentials(x.data(), top, row, width, l, lanes);
      }
      for (Index l = 0; l < lanes; ++l) {
        bodies::rms_norm_write(x.data(), weight.data(), rms.data(), squares, row, width, l, lanes);
        bodies::layer_norm_write(x.data(), weight.data(), bias.data(), layer.data(), mean, centred, row,
                                 width, l, lanes);
        bodies::softmax_write(x.data(), soft.data(), top, exponentials, row, width, l, lanes);
        bodies::cross_entropy_write(x.data(), gradient.data(), Index{7}, top, exponentials, rows, row, width,
                                    l, lanes);
      }
    }
    std::vector<double> want_rms, want_layer, want_soft, want_gradient;
    for (Index row = 0; row < rows; ++row) {
      const std::vector<double> in(x.begin() + row * width, x.begin() + (row + 1) * width);
      const auto r = reference::normalised(in, false), n = reference::normalised(in, true),
                 s = reference::softmax(in);
      for (std::size_t i = 0; i < in.size(); ++i) {
        want_rms.push_back(r[i] * double(weight[i]));
        want_layer.push_back(n[i] * double(weight[i]) + double(bias[i]));
        want_soft.push_back(s[i]);
        want_gradient.push_back((s[i] - (i == 7 ? 1 : 0)) / rows);
      }
    }
    check_close(rms, want_rms);
    check_close(layer, want_layer);
    check_close(soft, want_soft);
    check_close(gradient, want_gradient);
  }
}

TEST_CASE("attention bodies give the result and its gradients", "[real_runs]") {
  constexpr Index heads = 2, sequence = 19, head_dim = 8, rows = heads * sequence;
  const Index count = rows * head_dim;
  const auto q = random_values(count, 1), k = random_values(count, 2), v = random_values(count, 3),
             dout = random_values(count, 4);
  const auto n = static_cast<std::size_t>(count);
  std::vector<float> out(n), dq(n), dk(n), dv(n), sums(rows), delta(rows);
  for (Index r = 0; r < rows; ++r)
    bodies::attention_row(q.data(), k.data(), v.data(), out.data(), sums.data(), r, sequence, head_dim);
  for (Index r = 0; r < rows; ++r)
    bodies::attention_delta_row(out.data(), dout.data(), delta.data(), r, head_dim);
  for (Index r = 0; r < rows; ++r) {
    bodies::attention_dq_row(q.data(), k.data(), v.data(), dout.data(), sums.data(), delta.data(), dq.data(),
                             r, sequence, head_dim);
    bodies::attention_dkv_row(q.data(), k.data(), v.data(), dout.data(), sums.data(), delta.data(), dk.data(),
                              dv.data(), r, sequence, head_dim);
  }
  const auto wanted =
      reference::attention(doubles(q), doubles(k), doubles(v), doubles(dout), heads, sequence, head_dim);
  check_close(out, wanted.out);
  check_close(dq, wanted.dq);
  check_close(dk, wanted.dk);
  check_close(dv, wanted.dv);
}

TEST_CASE("element bodies give what their formulas say", "[real_runs]") {
  constexpr Index tokens = 5, heads = 2, head_dim = 8, count = tokens * heads * head_dim;
  const auto x = random_values(count, 1), y = random_values(count, 2);
  std::vector<float> out(count), p = x, m(count), v(count);
  std::vector<double> wanted(count);
  const auto each = [&](auto body, auto formula) {
    for (Index i = 0; i < count; ++i) body(i);
    for (Index i = 0; i < count; ++i)
      wanted[std::size_t(i)] = formula(double(x[std::size_t(i)]), double(y[std::size_t(i)]));
    check_close(out, wanted);
  };
  each([&](Index i) { bodies::gelu(x.data(), out.data(), i); },
       [](double a, double) { return reference::gelu(a); });
  each([&](Index i) { bodies::swiglu(x.data(), y.data(), out.data(), i); },
       [](double a, double b) { return reference::swiglu(a, b); });
  each([&](Index i) { bodies::add(x.data(), y.data(), out.data(), i); },
       [](double a, double b) { return a + b; });
  // A rotation keeps the length of each pair, and leaves the first token alone.
  for (Index i = 0; i < count / 2; ++i) bodies::rotary(x.data(), out.data(), i, heads, head_dim, tokens);
  for (Index i = 0; i < heads * head_dim; ++i) CHECK(out[std::size_t(i)] == x[std::size_t(i)]);
  for (Index h = 0; h < tokens * heads; ++h)
    for (Index i = 0; i < head_dim / 2; ++i) {
      const auto a = std::size_t(h * head_dim + i), b = a + head_dim / 2;
      CHECK(out[a] * out[a] + out[b] * out[b] == Approx(x[a] * x[a] + x[b] * x[b]).margin(1e-6));
    }
  CHECK(out[16] == Approx(x[16] * std::cos(1.0) - x[20] * std::sin(1.0)).margin(1e-6));
  for (Index i = 0; i < count; ++i)
    bodies::adam(p.data(), y.data(), m.data(), v.data(), i, 1e-3F, 0.1F, 0.05F);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double g = double(y[i]);
    CHECK(p[i] == Approx(double(x[i]) * (1 - 1e-4) - 1e-3 * g / (std::abs(g) + 1e-8)).margin(1e-6));
  }
}

}  // namespace real_runs
