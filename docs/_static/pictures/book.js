// Makes movable each picture that says which script it has.
