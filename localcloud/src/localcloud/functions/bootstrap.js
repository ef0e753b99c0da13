// Runs one invocation of a Node.js function: started by runner.py, in a process of its own.
const fs = require("fs");
const http = require("http");
const https = require("https");
const path = require("path");

const env = process.env;

// CDK's frameworks answer CloudFormation with https.request({hostname, path}): they force https and
// drop the port, so requests to the callback host are sent to its real address here.
const request = https.request;
https.request = (options, ...rest) =>
  options && options.hostname === env.LOCALCLOUD_CALLBACK_HOST
    ? http.request({ ...options, hostname: "127.0.0.1", port: env.LOCALCLOUD_CALLBACK_PORT }, ...rest)
    : request.call(https, options, ...rest);

const answer = (value) => fs.writeSync(Number(env.LOCALCLOUD_ANSWER_FD), JSON.stringify(value));

(async () => {
  try {
    const event = JSON.parse(fs.readFileSync(0, "utf8"));
    const dot = env._HANDLER.lastIndexOf(".");
    const module = require(path.join(env.LAMBDA_TASK_ROOT, env._HANDLER.slice(0, dot)));
    const started = Date.now();
    const context = {
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: "$LATEST",
      invokedFunctionArn: env.LOCALCLOUD_FUNCTION_ARN,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      awsRequestId: env.LOCALCLOUD_REQUEST_ID,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      getRemainingTimeInMillis: () => env.LOCALCLOUD_TIMEOUT * 1000 - (Date.now() - started),
    };
    const result = await module[env._HANDLER.slice(dot + 1)](event, context);
    answer({ result: result === undefined ? null : result });
  } catch (error) {
    console.error(error);
    answer({ error: { errorType: error.name, errorMessage: String(error.message || error) } });
  }
  process.exit(0);
})();
