// The tables of the result database, each column with its SQL type and what it means; the CREATE statements
// and the `columns` table both come from here.
#pragma once
#include <span>

namespace aifsim {

struct ColumnSchema {
  const char* name;
  const char* type;
  const char* description;
};

struct TableSchema {
  const char* name;
  const char* constraint;  // table constraint, or ""
  std::span<const ColumnSchema> columns;
};

std::span<const TableSchema> database_schema();

}  // namespace aifsim
