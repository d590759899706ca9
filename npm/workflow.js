// The door for `require`, and for resolvers that know of no `exports`.
module.exports = require('./dist/workflow/index.js');
