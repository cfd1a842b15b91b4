package inventory

import "github.com/npgen/npgen/gen/diag"

// Maker is a custom resource of which an operator makes pods that no manifest shows.
type Maker struct {
	Kind, Namespace, Name string
	Pos                   diag.Pos
}

// makesPods reports whether objects of a kind are known to be made into pods.
func makesPods(group, kind string) bool {
	switch group + "/" + kind {
	case "postgresql.cnpg.io/Cluster", "postgresql.cnpg.io/Pooler", "acid.zalan.do/postgresql", "postgres-operator.crunchydata.com/PostgresCluster",
		"kafka.strimzi.io/Kafka", "kafka.strimzi.io/KafkaConnect", "kafka.strimzi.io/KafkaBridge", "kafka.strimzi.io/KafkaMirrorMaker2",
		"elasticsearch.k8s.elastic.co/Elasticsearch", "kibana.k8s.elastic.co/Kibana", "logstash.k8s.elastic.co/Logstash", "beat.k8s.elastic.co/Beat",
		"opensearch.opster.io/OpenSearchCluster", "rabbitmq.com/RabbitmqCluster", "databases.spotahome.com/RedisFailover",
		"redis.redis.opstreelabs.in/Redis", "redis.redis.opstreelabs.in/RedisCluster", "mongodbcommunity.mongodb.com/MongoDBCommunity",
		"psmdb.percona.com/PerconaServerMongoDB", "pxc.percona.com/PerconaXtraDBCluster", "mysql.oracle.com/InnoDBCluster",
		"k8s.mariadb.com/MariaDB", "mariadb.mmontes.io/MariaDB", "cassandra.datastax.com/CassandraDatacenter", "scylla.scylladb.com/ScyllaCluster",
		"clickhouse.altinity.com/ClickHouseInstallation", "crdb.cockroachlabs.com/CrdbCluster", "zookeeper.pravega.io/ZookeeperCluster",
		"minio.min.io/Tenant", "k8s.keycloak.org/Keycloak", "monitoring.coreos.com/ThanosRuler", "monitoring.coreos.com/PrometheusAgent",
		"grafana.integreatly.org/Grafana", "loki.grafana.com/LokiStack", "tempo.grafana.com/TempoStack", "jaegertracing.io/Jaeger",
		"opentelemetry.io/OpenTelemetryCollector", "operator.victoriametrics.com/VMAgent", "operator.victoriametrics.com/VMSingle",
		"operator.victoriametrics.com/VMCluster", "operator.victoriametrics.com/VMAlert", "serving.knative.dev/Service",
		"sparkoperator.k8s.io/SparkApplication", "flink.apache.org/FlinkDeployment", "kubeflow.org/Notebook", "ray.io/RayCluster",
		"argoproj.io/Workflow", "argoproj.io/CronWorkflow", "tekton.dev/PipelineRun", "tekton.dev/TaskRun", "serving.kserve.io/InferenceService",
		"datadoghq.com/DatadogAgent", "temporal.io/TemporalCluster", "nats.io/NatsCluster", "dragonflydb.io/Dragonfly", "kubevirt.io/VirtualMachine":
		return true
	}
	return false
}

func (r *reader) maker(o *object, m *meta) {
	r.inv.Makers = append(r.inv.Makers, Maker{o.Kind, m.Namespace, m.Name, o.pos})
}
