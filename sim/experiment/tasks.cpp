#include "experiment/tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/atomic_file.hpp"
#include "base/user_file.hpp"
#include "experiment/store.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
constexpr const char* progress_name = "progress.json";

double since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Folders of tasks; "12-of-16" comes behind "3-of-16".
std::vector<fs::path> folders(const fs::path& folder) {
  std::vector<std::pair<TaskShare, fs::path>> all;
  std::error_code error;
  for (fs::directory_iterator at(tasks_folder(folder), error), end; !error && at != end;
       at.increment(error)) {
    if (const auto share = share_of_task(at->path().filename().string()))
      all.emplace_back(*share, at->path());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.count, a.first.index) < std::pair(b.first.count, b.first.index);
  });
  std::vector<fs::path> sorted;
  for (auto& [share, path] : all) sorted.push_back(std::move(path));
  return sorted;
}

std::optional<TaskProgress> read(const fs::path& folder, std::string task) {
  const Json json = Json::parse(text_if_there(folder / progress_name), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  for (const char* key : {"cases", "ended", "kept", "began", "last"})
    if (json.contains(key) && !json[key].is_number()) return std::nullopt;
  const auto all = json.contains("all") && json["all"].is_number() ? json.value("all", std::size_t{0}) : 0;
  return TaskProgress{std::move(task),
                      json.value("cases", std::size_t{0}),
                      json.value("ended", std::size_t{0}),
                      json.value("kept", std::size_t{0}),
                      json.value("began", 0.0),
                      json.value("last", 0.0),
                      all};
}

}  // namespace

std::string text_if_there(const fs::path& file) {
  try {
    return UserFile::open(file).text();
  } catch (const InputError&) {
    return "";
  }
}

fs::path tasks_folder(const fs::path& folder) { return folder / "tasks"; }

fs::path task_folder(const fs::path& folder, const TaskShare& share) {
  return tasks_folder(folder) / fmt::format("{}-of-{}", share.index, share.count);
}

std::optional<TaskShare> share_of_task(const std::string& name) {
  TaskShare share;
  int length = 0;
  if (std::sscanf(name.c_str(), "%zu-of-%zu%n", &share.index, &share.count, &length) == 2 &&
      name.size() == static_cast<std::size_t>(length))
    return share;
  return std::nullopt;
}

ProgressFile::ProgressFile(const fs::path& folder, std::size_t all)
    : file_(folder / progress_name), written_(std::chrono::steady_clock::now()) {
  now_.began = since_1970();
  now_.all = all;
}

void ProgressFile::tell(std::size_t cases, std::size_t ended, std::size_t kept) {
  now_.cases = cases;
  now_.ended = ended;
  now_.kept = kept;
  const auto now = std::chrono::steady_clock::now();
  if (now - written_ < std::chrono::seconds(1) && ended < cases) return;
  written_ = now;
  write();
}

void ProgressFile::write() {
  now_.last = since_1970();
  try {
    AtomicFile file(file_);
    file.write(Json{{"cases", now_.cases},
                    {"ended", now_.ended},
                    {"kept", now_.kept},
                    {"began", now_.began},
                    {"last", now_.last},
                    {"all", now_.all}}
                   .dump() +
               "\n");
    file.commit();
  } catch (const InputError&) {  // nobody misses it but a look at the progress
  }
}

void ProgressFile::remove() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

std::vector<TaskProgress> progress_below(const fs::path& folder) {
  std::vector<TaskProgress> all;
  if (auto own = read(folder, "")) all.push_back(std::move(*own));
  for (const fs::path& task : folders(folder))
    if (auto own = read(task, task.filename().string())) all.push_back(std::move(*own));
  return all;
}

std::vector<fs::path> task_stores(const fs::path& folder) {
  std::vector<fs::path> all = folders(folder);
  std::erase_if(all, [](const fs::path& task) {
    std::error_code error;
    return !fs::exists(task / Store::file_name, error);
  });
  return all;
}

}  // namespace aifsim
