#include <fmt/format.h>

#include <algorithm>

#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kHour{.min = 0, .max = 24}, kWholeHour{.min = 0, .max = 24, .whole = true},
    kDay{.min = 1, .max = 366}, kDegrees{.min = -60, .max = 60};
constexpr Limits kSwing{.min = 0, .max = 60}, kPue{.min = 1, .max = 3};
constexpr Limits kSwingShare{.min = 0, .max = 1, .ratio = true};

// Two windows have an hour in common where one begins in the other, past midnight too.
void refuse_common_hours(Reader& reader, const Node& node, const std::vector<TariffWindow>& windows) {
  const Node* tariff = node.find("tariff");
  if (!tariff || !tariff->is_list() || tariff->items.size() != windows.size()) return;
  for (std::size_t later = 1; later < windows.size(); ++later)
    for (std::size_t first = 0; first < later; ++first) {
      const TariffWindow &a = windows[first], &b = windows[later];
      if (!a.holds(b.start()) && !b.holds(a.start())) continue;
      const Reader::Step key(reader, "tariff");
      const Reader::Step index(reader, later);
      reader.problem(
          tariff->items[later].place,
          fmt::format("{} to {} has hours of the window before it, {} to {}; one price may hold at "
                      "a time",
                      b.from, b.to, a.from, a.to));
      break;
    }
}

}  // namespace

template <>
struct TableOf<TariffWindow> {
  static Table<TariffWindow> make() {
    using T = TariffWindow;
    return {
        {
            required("from", &T::from, kWholeHour, "Whole hour of the day, local time, at which it begins."),
            required("to", &T::to, kWholeHour,
                     "Whole hour at which it ends; before `from` where it passes midnight."),
            required("price", &T::price, kNotNegative, "Price in it."),
        },
        [](Reader& reader, const Node& node, const T& window) {
          for (int hour = 0; hour < 24; ++hour)
            if (window.holds(hour)) return;
          reader.problem_in(node, "to",
                            fmt::format("no hour of the day begins from {} to {}; 0 to 24 is a whole day",
                                        window.from, window.to));
        }};
  }
};

template <>
struct TableOf<ElectricityDescription> {
  static Table<ElectricityDescription> make() {
    using T = ElectricityDescription;
    return {
        {
            required("price", &T::price, kNotNegative, "All in: energy, grid, taxes."),
            optional("tariff", &T::tariff, "Hours of the day with another price; no hour in two of them."),
        },
        [](Reader& reader, const Node& node, const T& electricity) {
          refuse_common_hours(reader, node, electricity.tariff);
        }};
  }
};

template <>
struct TableOf<GridCarbonDescription> {
  static Table<GridCarbonDescription> make() {
    using T = GridCarbonDescription;
    return {{
                required("average", &T::average, kNotNegative, "Of the grid's electricity over a year."),
                optional("daily", &T::daily, kSwingShare, "Share by which it swings about that in a day."),
                optional("seasonal", &T::seasonal, kSwingShare, "Share by which it swings in a year."),
                optional("cleanest_hour", &T::cleanest_hour, kHour, "Hour of the day with the least."),
                optional("cleanest_day", &T::cleanest_day, kDay, "Day of the year with the least."),
            },
            {}};
  }
};

template <>
struct TableOf<OutsideDescription> {
  static Table<OutsideDescription> make() {
    using T = OutsideDescription;
    return {{
                required("mean", &T::mean, kDegrees, "Outside temperature over a year, degrees Celsius."),
                optional("seasonal", &T::seasonal, kSwing,
                         "Degrees by which it swings in a year, coldest on 15 January."),
                optional("daily", &T::daily, kSwing, "Degrees by which it swings in a day, coldest at 4."),
            },
            {}};
  }
};

template <>
struct TableOf<CoolingDescription> {
  static Table<CoolingDescription> make() {
    using T = CoolingDescription;
    return {
        {
            required("pue", &T::pue, kPue,
                     "Power of the site over power of the machine, while the outside is no warmer than "
                     "free_cooling."),
            optional("per_degree", &T::per_degree, kSwingShare, "More of it for each degree above."),
            optional("free_cooling", &T::free_cooling, kDegrees, "Degrees Celsius up to which pue holds."),
            optional("outside", &T::outside, "The outside temperature."),
        },
        [](Reader& reader, const Node& node, const CoolingDescription& cooling) {
          if (cooling.per_degree > 0 && (!node.find("free_cooling") || !node.find("outside")))
            reader.problem_in(node, "per_degree", "needs free_cooling and outside beside it");
        }};
  }
};

template <>
struct TableOf<AccessDescription> {
  static Table<AccessDescription> make() {
    using T = AccessDescription;
    return {{
                required("name", &T::name, "Name of the programme."),
                optional("who", &T::who, "Who may ask."),
                optional("answer", &T::answer, "How long until one has it."),
                required("from", &T::from, kNotNegative, "GPU hours of the smallest grant."),
                optional("to", &T::to, kNotNegative, "GPU hours of the largest; none where left out."),
            },
            {}};
  }
};

Table<FacilityDescription> TableOf<FacilityDescription>::make() {
  using T = FacilityDescription;
  Field<T> hours = optional(
      "hours_file", &T::hours_file,
      "CSV file, relative to this one, with a row for each hour of a year and any of the columns "
      "carbon_g_per_kwh, price_eur_per_kwh, temperature_c; goes before averages, swings and tariff.");
  hours.read = read_hours;
  return {{
              optional("country", &T::country, "Its country."),
              optional("consortium", &T::consortium, "Countries that own it together."),
              optional("power", &T::power, kPositive,
                       "What the site can draw for this machine, cooling included."),
              optional("cooling", &T::cooling, "What cooling and the site itself take."),
              optional("electricity", &T::electricity, "What electricity costs."),
              optional("carbon", &T::carbon, "Carbon intensity of the grid."),
              optional("access", &T::access, "Programmes by which hours are given away."),
              hours,
          },
          {}};
}

Table<PowerDescription> TableOf<PowerDescription>::make() {
  using T = PowerDescription;
  return {
      {
          required("cpu_idle", &T::cpu_idle, kNotNegative, "Of a CPU socket that idles."),
          required("cpu_busy", &T::cpu_busy, kNotNegative, "Of a CPU socket at full load."),
          required("cpu_load", &T::cpu_load, kSwingShare,
                   "Share of the way from idle to busy while a job runs on the node's GPUs."),
          required("memory", &T::memory, kNotNegative, "Of a node's host memory."),
          required("nic", &T::nic, kNotNegative, "Of each NIC, its transceiver included."),
          required("storage", &T::storage, kNotNegative, "Of a node's drives."),
          required("other", &T::other, kNotNegative,
                   "Of what else is in a node: scale-up switches, fans, boards, pumps."),
          required("fabric", &T::fabric, kNotNegative,
                   "Of the fabric's switches with their transceivers, for each node."),
          required("conversion", &T::conversion, kShare,
                   "Share of what the machine draws that its parts get, behind rectifiers and converters."),
          optional("rack_nodes", &T::rack_nodes, kCountOrZero, "Nodes in a rack."),
          optional("rack", &T::rack, kPositive, "What a rack can be given."),
          optional("cap_gpus_to", &T::cap_gpus_to,
                   "What the GPUs' power is capped to: rack, site (facility.power). All parts at their "
                   "limits then "
                   "stay within it, and kernels slow down; left out: `check` warns, and nothing is capped."),
      },
      [](Reader& reader, const Node& node, const PowerDescription& power) {
        if (power.cpu_busy.value < power.cpu_idle.value)
          reader.problem_in(node, "cpu_busy", "is below cpu_idle");
        if ((power.rack_nodes > 0) != (power.rack.value.value > 0))
          reader.problem_in(node, power.rack_nodes > 0 ? "rack_nodes" : "rack",
                            "rack_nodes and rack belong together");
        if (std::ranges::count(power.cap_gpus_to, PowerBound::rack) > 0 && !(power.rack_nodes > 0))
          reader.problem_in(node, "cap_gpus_to",
                            "rack: what a rack can be given is not said; rack_nodes and rack would say it");
      }};
}

Table<CostDescription> TableOf<CostDescription>::make() {
  using T = CostDescription;
  return {
      {
          required("capital", &T::capital, kNotNegative, "Machine, delivery, installation."),
          required("years", &T::years, kPositive, "Over which it is written off."),
          optional("maintenance", &T::maintenance, kNotNegative, "A year, where capital does not have it."),
          optional("staff", &T::staff, kNotNegative, "A year, for those who run it."),
          required("utilisation", &T::utilisation, kShare, "Share of all GPU hours that are used."),
          optional("embodied", &T::embodied, kNotNegative, "Of making the machine."),
      },
      {}};
}

}  // namespace aifsim::catalog
