package analysis

// LockedPhases lets tests try a baseline that was locked against phases of their own.
var LockedPhases = (*Definition).locked
