// Sources that lead over several objects: the list of a bucket, what is in the listed objects, manifests.
#pragma once

#include <statelang/map_run/item_source.h>

#include "text_input.h"

namespace statelang::map_run {

Expected<std::unique_ptr<TextInput>, Failure> open_text(ObjectStore& objects, const std::string& bucket,
                                                        const std::string& key);

// One item for each object: {Etag, LastModified, Key, Size, StorageClass}.
std::unique_ptr<ItemSource> listed_objects(ObjectStore& objects, std::string bucket, std::string prefix);
// LOAD_AND_FLATTEN: the items in each of them, by the InputType of `config`.
std::unique_ptr<ItemSource> items_of_listed(ObjectStore& objects, std::string bucket, std::string prefix,
                                            const Value& config);
// S3 Inventory: one item for each line of the CSV files that manifest.json names, by its fileSchema.
Expected<std::unique_ptr<ItemSource>, Failure> items_of_inventory(ObjectStore& objects,
                                                                  const std::string& bucket,
                                                                  const std::string& key);
// Athena's UNLOAD: a line for each data file, s3://bucket/key; they are read by the InputType of `config`.
Expected<std::unique_ptr<ItemSource>, Failure> items_of_athena_manifest(ObjectStore& objects,
                                                                        const std::string& bucket,
                                                                        const std::string& key,
                                                                        const Value& config);

}  // namespace statelang::map_run
