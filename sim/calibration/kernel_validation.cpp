#include "calibration/kernel_validation.hpp"

#include <map>

#include "base/error.hpp"
#include "calibration/kernel_fit.hpp"
#include "factory/training_table.hpp"
#include "kernels/describe.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

ValidatedRow described(const KernelRow& row) {
  ValidatedRow out;
  out.group = row.group;
  out.measured = row.time.value;
  out.id = std::to_string(row.place.line) + " " + (row.op ? describe(*row.op) : row.op_word);
  out.unsupported = row.unsupported;
  return out;
}

std::string no_model(const std::string& gpu) { return "no GPU model \"" + gpu + "\" in the catalogue"; }

ValidatedRow predicted(const KernelRow& row, PlatformShelf& shelf) {
  ValidatedRow out = described(row);
  if (!row.op) return out;
  const GpuDescription* gpu = shelf.find_gpu(row.gpu);
  if (!gpu) {
    out.unsupported = no_model(row.gpu);
    return out;
  }
  try {
    const Price p = price(*gpu, *row.op, {release_of(row.software), row.sustained});
    out.predicted = p.time.value;
    out.set_band(p.spread);
    if (row.power.value > 0 && p.energy.value > 0)
      out.power = ErrorRow{row.power.value, p.energy.value / p.time.value, gpu->power_limit->value};
    if (const Family* family = family_of(*gpu, *row.op)) out.control = family->control(*gpu, *row.op);
  } catch (const CannotAnswer& error) {
    out.unsupported = error.what();
  }
  return out;
}

}  // namespace

Validation validate_kernels(const Catalog& catalog, std::istream& in, const std::string& name,
                            const std::string& by) {
  PlatformShelf shelf(catalog);
  std::vector<ValidatedRow> rows;
  read_kernel_rows(in, name, by, [&](KernelRow&& row) { rows.push_back(predicted(row, shelf)); });
  return summarise(std::move(rows));
}

Validation validate_kernels_left_out(const Catalog& catalog, std::istream& in, const std::string& name,
                                     const std::string& by, const FitProgress& progress) {
  PlatformShelf shelf(catalog);
  std::map<std::string, std::vector<KernelRow>> of_gpu;
  read_kernel_rows(in, name, by, [&](KernelRow&& row) { of_gpu[row.gpu].push_back(std::move(row)); });
  std::vector<ValidatedRow> rows;
  for (const auto& [name_of_gpu, own] : of_gpu) {
    std::vector<ValidatedRow> validated;
    for (const KernelRow& row : own) {
      validated.push_back(described(row));
      if (row.op) validated.back().unsupported = kNotLeftOut;
    }
    if (const GpuDescription* gpu = shelf.find_gpu(name_of_gpu)) {
      set_left_out(validated, calibrate_kernels(*gpu, own, {}, progress).report);
    } else {
      for (ValidatedRow& row : validated) row.unsupported = no_model(name_of_gpu);
    }
    rows.insert(rows.end(), validated.begin(), validated.end());
  }
  return summarise(std::move(rows));
}

}  // namespace aifsim
