{{/*
Values that cannot be honoured end the install, all at once, each with a sentence that names it and says what to do. Two kinds of values
from old files are let through, as nothing that a client sees depends on them: those that switch something off, and those that name a
mechanism that is not needed here (gatehouse.remarks says so after the install). Types and unknown names are values.schema.json's.
*/}}
{{- define "gatehouse.checks" -}}
{{- $wrong := list -}}
{{- range list "gatehouse.featureChecks" "gatehouse.imageChecks" "gatehouse.configChecks" "gatehouse.flagChecks" "gatehouse.podChecks" "gatehouse.scopeChecks" "gatehouse.streamChecks" -}}
{{- range include . $ | trim | splitList "\n" -}}
{{- with trim . -}}{{- $wrong = append $wrong . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n\nGatehouse cannot honour these values:\n\n  - %s\n" (join "\n  - " $wrong)) -}}
{{- end -}}
{{- end -}}

{{/* Features of ingress-nginx that are not here. */}}
{{- define "gatehouse.featureChecks" -}}
{{- $controller := .Values.controller -}}
{{- if $controller.allowSnippetAnnotations }}
controller.allowSnippetAnnotations is true, but there are no snippets: text of users never becomes configuration. Remove the value, and replace the snippets with the annotations in docs/annotations.md.
{{- end }}
{{- if and (hasKey $controller "enableAnnotationValidations") (not $controller.enableAnnotationValidations) }}
controller.enableAnnotationValidations is false, but annotations are always checked. Remove the value.
{{- end }}
{{- if $controller.maxmindLicenseKey }}
controller.maxmindLicenseKey is set, but there is no GeoIP2. Remove the value.
{{- end }}
{{- with $controller.customTemplate }}
{{- if or .configMapName .configMapKey }}
controller.customTemplate is set, but the template of nginx.conf is a part of the image. Remove the value.
{{- end }}
{{- end }}
{{- if $controller.extraModules }}
controller.extraModules is set, but no modules are loaded into NGINX. Remove the value.
{{- end }}
{{- if ($controller.opentelemetry).enabled }}
controller.opentelemetry.enabled is true, but there is no OpenTelemetry module. Remove the value.
{{- end }}
{{- if ($controller.keda).enabled }}
controller.keda.enabled is true, but no ScaledObject is made. Use controller.autoscaling, or make the ScaledObject yourself for the Deployment {{ include "gatehouse.controllerName" . }}.
{{- end }}
{{- if .Values.dhParam }}
dhParam is set, but no key exchange with a Diffie-Hellman group of your own is offered. Remove the value; elliptic curves are used.
{{- end }}
{{- if (.Values.defaultBackend).enabled }}
defaultBackend.enabled is true, but NGINX answers unknown hosts and paths itself, with 404. Remove the value, or run a backend of your own and name its Service in controller.extraArgs.default-backend-service as NAMESPACE/NAME.
{{- end }}
{{- end -}}

{{/* An image of ingress-nginx would start and do nothing that this chart needs. */}}
{{- define "gatehouse.imageChecks" -}}
{{- $image := .Values.controller.image -}}
{{- if $image.chroot }}
controller.image.chroot is true, but there is no such image; the controller has no access to NGINX's secrets and NGINX none to the API server anyway. Remove the value.
{{- end }}
{{- $name := include "gatehouse.image" . }}
{{- if or (contains "ingress-nginx" $name) (hasPrefix "registry.k8s.io/" $name) (hasPrefix "k8s.gcr.io/" $name) }}
controller.image leads to {{ $name }}, which is not an image of Gatehouse. Remove registry, image, tag and digest of ingress-nginx from controller.image and global.image.
{{- end }}
{{- if not $image.runAsNonRoot }}
controller.image.runAsNonRoot is false, but the containers never run as root. Remove the value; with controller.hostNetwork the chart itself keeps what low ports need.
{{- end }}
{{- if eq (int $image.runAsUser) 0 }}
controller.image.runAsUser is 0, but the containers never run as root. Remove the value, or name another account.
{{- end }}
{{- end -}}

{{/* Keys of the ConfigMap that ask for raw text in nginx.conf. */}}
{{- define "gatehouse.configChecks" -}}
{{- range $key, $value := .Values.controller.config }}
{{- if and (hasSuffix "-snippet" $key) (ne (toString $value) "") }}
controller.config.{{ $key }} is set, but there are no snippets. Remove it, and use the keys in docs/configmap.md.
{{- end }}
{{- if and (eq $key "allow-snippet-annotations") (eq (toString $value) "true") }}
controller.config.{{ $key }} is true, but there are no snippets. Remove it.
{{- end }}
{{- end }}
{{- end -}}

{{/* Flags that the chart itself has to know, and flags that the controller would refuse at its start. */}}
{{- define "gatehouse.flagChecks" -}}
{{- $values := dict "http-port" "controller.containerPort.http" "https-port" "controller.containerPort.https" "http3-port" "controller.config.use-http3" "healthz-port" "controller.metrics.port" "enable-metrics" "controller.metrics.enabled" "watch-namespace" "controller.scope" "tcp-services-configmap" "tcp" "udp-services-configmap" "udp" -}}
{{- $owned := list "nginx" "nginx-mode" "run-directory" "status-port" -}}
{{- $known := list "access-log" "alsologtostderr" "annotations-prefix" "apiserver-host" "certificate-authority" "configmap" "controller-class" "deep-inspect" "default-backend-service" "default-ssl-certificate" "disable-catch-all" "disable-leader-election" "disable-svc-external-name" "disable-sync-events" "election-id" "election-ttl" "enable-annotation-validation" "enable-ssl-passthrough" "enable-topology-aware-routing" "health-check-timeout" "healthz-host" "ignore-snippets" "ingress-class" "ingress-class-by-name" "kubeconfig" "log-format" "log-level" "logtostderr" "metrics-per-host" "post-shutdown-grace-period" "public-http-port" "public-https-port" "publish-service" "publish-status-address" "report-node-internal-ip-address" "shutdown-grace-period" "stderrthreshold" "sync-rate-limit" "update-status" "update-status-on-shutdown" "v" "watch-ingress-without-class" "watch-namespace-selector" "worker-processes" -}}
{{- range $name, $value := .Values.controller.extraArgs }}
{{- if hasKey $values $name }}
controller.extraArgs.{{ $name }} is set, but the chart has to know it. Set {{ index $values $name }} instead.
{{- else if has $name $owned }}
controller.extraArgs.{{ $name }} is set, but it belongs to the chart. Remove it.
{{- else if not (has $name $known) }}
controller.extraArgs.{{ $name }} is not a flag of Gatehouse. Remove it.
{{- end }}
{{- end }}
{{- end -}}

{{- define "gatehouse.podChecks" -}}
{{- $controller := .Values.controller -}}
{{- if and $controller.autoscaling.enabled (ne $controller.kind "Deployment") }}
controller.autoscaling.enabled is true, but a DaemonSet has one Pod on each node. Set controller.kind to Deployment, or remove the value.
{{- end }}
{{- range $port := list "http" "https" }}
{{- $own := index $controller.containerPort $port }}
{{- $host := index $controller.hostPort.ports $port }}
{{- if and $controller.hostNetwork $controller.hostPort.enabled $own $host (ne (int $own) (int $host)) }}
controller.hostPort.ports.{{ $port }} is {{ $host }} and controller.containerPort.{{ $port }} is {{ $own }}, but on the host's network they are one port. Remove one of them.
{{- end }}
{{- end }}
{{- if lt (int $controller.terminationGracePeriodSeconds) (int $controller.drainSeconds) }}
controller.terminationGracePeriodSeconds is {{ int $controller.terminationGracePeriodSeconds }}, but NGINX goes on serving for controller.drainSeconds, {{ int $controller.drainSeconds }}, before it begins to stop. Raise the first or lower the second.
{{- end }}
{{- if and (hasKey $controller "healthCheckPath") (ne $controller.healthCheckPath "/healthz") }}
controller.healthCheckPath is {{ $controller.healthCheckPath }}, but the path is always /healthz. Remove the value.
{{- end }}
{{- range $probe := list "livenessProbe" "readinessProbe" "startupProbe" }}
{{- $asked := (index $controller $probe).httpGet }}
{{- if and $asked (or (ne (toString $asked.path) "/healthz") (ne (int $asked.port) 10254) (ne (default "HTTP" $asked.scheme) "HTTP")) }}
controller.{{ $probe }}.httpGet is set, but the chart knows what to ask. Remove it and keep the timings.
{{- end }}
{{- end }}
{{- end -}}

{{- define "gatehouse.scopeChecks" -}}
{{- $scope := .Values.controller.scope -}}
{{- if and .Values.rbac.scope (not $scope.enabled) }}
rbac.scope is true and controller.scope.enabled is false, but a Role lets the controller read one namespace only. Set controller.scope.enabled to true, or rbac.scope to false.
{{- end }}
{{- if and .Values.rbac.scope (include "gatehouse.followsZones" .) }}
controller.enableTopologyAwareRouting is true and rbac.scope too, but a Role does not let the controller read the zone of its node. Set one of them to false.
{{- end }}
{{- end -}}

{{/* What NOTES.txt says of values that are let through: one sentence a line. */}}
{{- define "gatehouse.remarks" -}}
{{- $controller := .Values.controller -}}
{{- if ($controller.admissionWebhooks).enabled }}
controller.admissionWebhooks.enabled: there is no admission webhook. A mistake in an Ingress is an Event on it, and hurts only that Ingress.
{{- end }}
{{- if $controller.enableMimalloc }}
controller.enableMimalloc: NGINX keeps the allocator of its image.
{{- end }}
{{- if and (include "gatehouse.publishesNodes" .) .Values.rbac.scope }}
controller.publishService: no Service is published, and a Role does not let the controller read the addresses of nodes, so the status of Ingresses stays empty. Name addresses in controller.extraArgs.publish-status-address.
{{- end }}
{{- if and (hasKey $controller "shareProcessNamespace") (not $controller.shareProcessNamespace) }}
controller.shareProcessNamespace: the containers always share their processes; the controller reloads NGINX by a signal.
{{- end }}
{{- end -}}
