test/unit/sqlite := fixture mesh_test
